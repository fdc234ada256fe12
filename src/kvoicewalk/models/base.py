"""What every source of synthesizer weights gives: files, and from them a network."""

import hashlib
import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from kvoicewalk.errors import ModelError
from kvoicewalk.voices import UNREADABLE, Voice

if TYPE_CHECKING:  # stock voices are listed without it
    import torch

EnglishFrontEnd = Literal["misaki", "espeak"]

HASH_LENGTH = 12
MAX_CONFIG_BYTES = 1_000_000


class VoiceSource(Protocol):
    """The stock voices that came with a model."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the voices that can be loaded now, sorted."""

    def load(self, name: str) -> Voice:
        """Returns one of them.

        Raises:
            VoiceError: no such voice, or its file is damaged.
        """


@dataclass(frozen=True)
class ModelFiles:
    """Where a model's parts lie; nothing heavy is loaded yet.

    Attributes:
        name: `kokoro`, `mini` or the folder's name.
        config_path: Kokoro's `config.json`, or one of the same form.
        weights_path: the weights, one file.
        voices: the stock voices.
        build: makes the network from (config, weights file), strictly.
        english: which front end made the English phonemes that the network learned.
    """

    name: str
    config_path: Path
    weights_path: Path
    voices: VoiceSource
    build: "Callable[[Mapping[str, Any], Path], torch.nn.Module]"
    english: EnglishFrontEnd = "misaki"


@dataclass(frozen=True)
class Model:
    """A network that speaks, and who it is.

    Attributes:
        identity: name and weight hash, `mini@0123456789ab`; a voice found with one identity
            is not to be mixed with another's.
        network: kokoro's `KModel` or a subclass of it, in eval mode, without gradients.
        vocab: phoneme character → token id.
    """

    name: str
    weights_hash: str
    network: Any = field(repr=False)
    vocab: Mapping[str, int] = field(repr=False)
    voices: VoiceSource = field(repr=False)
    english: EnglishFrontEnd = "misaki"

    @property
    def identity(self) -> str:
        """`name@hash`, as written into runs and sidecars."""
        return f"{self.name}@{self.weights_hash[:HASH_LENGTH]}"


def load_model(files: ModelFiles, device: "torch.device") -> Model:
    """Loads the weights and checks every key.

    Raises:
        ModelError: a file is missing, damaged, or holds another network.
    """
    config = read_model_config(files.config_path)
    try:
        network = files.build(config, files.weights_path)
    except ModelError:
        raise
    except Exception as error:
        # Any number in the file may upset any layer in its own way.
        reason = " ".join(str(error).split())[:80]
        raise ModelError(
            f"{files.config_path} does not describe a Kokoro network ({reason}); "
            "expected Kokoro's own config.json."
        ) from error
    network.eval().requires_grad_(False)
    fold_weight_norm(network)
    return Model(
        name=files.name,
        weights_hash=hash_file(files.weights_path),
        network=network.to(device),
        vocab=dict(config["vocab"]),
        voices=files.voices,
        english=files.english,
    )


def fold_weight_norm(network: "torch.nn.Module") -> None:
    """Puts each weight-normed layer's weight in place of its two factors.

    The factors would otherwise be multiplied anew on every call; the product is the same.
    """
    import torch

    for module in network.modules():
        if hasattr(module, "weight_g"):
            torch.nn.utils.remove_weight_norm(module)


def read_model_config(path: Path) -> dict[str, Any]:
    """Reads a model's `config.json`.

    Raises:
        ModelError: missing, not JSON, or without a vocabulary.
    """
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise ModelError(f"{path} is too large for a model's config.json.")
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}. Expected a model's config.json.") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not JSON; expected a model's config.json.") from error
    if not isinstance(config, dict) or not isinstance(config.get("vocab"), dict):
        raise ModelError(f"{path} holds no vocabulary; expected Kokoro's own config.json.")
    return config


def hash_file(path: Path) -> str:
    """Returns the SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def build_kokoro(config: Mapping[str, Any], weights_path: Path) -> "torch.nn.Module":
    """Builds kokoro's network and loads a Kokoro checkpoint into it, checking every key.

    `KModel` itself retries a failed load with `strict=False`: a wrong file would leave random
    weights without a word. So it is built around an empty checkpoint and filled here.

    Raises:
        ModelError: the checkpoint is unreadable, or a key is missing, unknown or of wrong shape.
    """
    from kvoicewalk.models.convolution import quicken_gradients

    checkpoint = _read_checkpoint(weights_path)
    network = _empty_network(config)
    parts = dict(network.named_children())
    _refuse_difference(
        weights_path,
        "part",
        missing=set(parts) - set(checkpoint),
        unknown=set(checkpoint) - set(parts),
    )
    for name, part in parts.items():
        fill_part(part, name, checkpoint[name], weights_path)
    quicken_gradients(network.decoder)  # type: ignore[arg-type]
    return network


def _empty_network(config: Mapping[str, Any]) -> "torch.nn.Module":
    import torch
    from kokoro.model import KModel

    empty = BytesIO()
    torch.save({}, empty)
    empty.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch: deprecated weight_norm, LSTM dropout
        network: torch.nn.Module = KModel(repo_id="local", config=dict(config), model=empty)
    return network


def expected_state(config: Mapping[str, Any]) -> "dict[str, torch.Tensor]":
    """Returns the state dict of kokoro's network; names and shapes count, the numbers are random.

    Raises:
        ModelError: the configuration describes no such network.
    """
    try:
        return dict(_empty_network(config).state_dict())
    except Exception as error:  # any number in it may upset any layer
        raise ModelError("config.json does not describe a Kokoro network; name its own.") from error


def split_parts(state: "Mapping[str, torch.Tensor]") -> "dict[str, dict[str, torch.Tensor]]":
    """Returns state dicts by part, as Kokoro-82M's own checkpoint holds them, keys in order."""
    parts: dict[str, dict[str, torch.Tensor]] = {}
    for key in sorted(state):
        part, _, rest = key.partition(".")
        parts.setdefault(part, {})[rest] = state[key]
    return parts


def _read_checkpoint(path: Path) -> dict[str, Any]:
    import torch

    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)  # noqa: TID251
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}. Run 'kvw setup' to fetch it.") from error
    except UNREADABLE as error:
        raise ModelError(
            f"{path} is no readable checkpoint; delete it and run 'kvw setup' to fetch it again."
        ) from error
    if not isinstance(checkpoint, dict) or not all(
        isinstance(part, dict) for part in checkpoint.values()
    ):
        raise ModelError(f"{path} holds no Kokoro checkpoint (a dict of state dicts).")
    return checkpoint


def fill_part(part: "torch.nn.Module", name: str, state: Mapping[str, Any], path: Path) -> None:
    """Loads one part's weights, checking every key, shape and number.

    Args:
        part: the module to fill.
        name: of the part, for messages.
        state: its weights, keys with or without a leading `module.`.
        path: of the checkpoint, for messages.

    Raises:
        ModelError: a key is missing or unknown, or a value has another shape or is not finite.
    """
    import torch

    # Kokoro-82M's keys carry the "module." of the data-parallel wrapper they were saved from.
    state = {key.removeprefix("module."): value for key, value in state.items()}
    wanted = part.state_dict()
    missing = set(wanted) - set(state) - _identity_norm_keys(part)
    # A buffer of older transformers releases; today's network computes it.
    unknown = set(state) - set(wanted) - {"embeddings.position_ids"}
    _refuse_difference(path, name, missing=missing, unknown=unknown)
    for key in set(wanted) & set(state):
        if not isinstance(state[key], torch.Tensor) or state[key].shape != wanted[key].shape:
            found = getattr(state[key], "shape", type(state[key]).__name__)
            raise ModelError(
                f"{path}: {name}.{key} is {tuple(found) if found else found}, expected "
                f"{tuple(wanted[key].shape)}: this is another network's checkpoint."
            )
        if not bool(torch.isfinite(state[key]).all()):
            raise ModelError(f"{path}: {name}.{key} holds NaN or infinity; fetch the file again.")
    part.load_state_dict(dict(state), strict=False)


def _identity_norm_keys(part: "torch.nn.Module") -> set[str]:
    """Keys that Kokoro-82M's checkpoint lacks on purpose.

    Its instance norms were trained without scale and shift; kokoro 0.9.4 declares them so that
    an old ONNX exporter works and leaves them at 1 and 0.
    """
    import torch

    return {
        f"{prefix}.{leaf}"
        for prefix, module in part.named_modules()
        if isinstance(module, torch.nn.InstanceNorm1d)
        for leaf in ("weight", "bias")
    }


def _refuse_difference(path: Path, where: str, missing: set[str], unknown: set[str]) -> None:
    if not missing and not unknown:
        return
    shown = [f"lacks {key}" for key in sorted(missing)] + [f"has {key}" for key in sorted(unknown)]
    more = f" and {len(shown) - 2} more" if len(shown) > 2 else ""
    raise ModelError(
        f"{path} does not fit this network: {where} {', '.join(shown[:2])}{more}. "
        "Use the checkpoint that belongs to its config.json."
    )
