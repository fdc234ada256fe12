"""A small Whisper with generated weights, as faster-whisper loads it from a folder."""

import json
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

SPECIAL = (
    "<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|translate|>", "<|transcribe|>",
    "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>",
)  # fmt: skip
N_TIMES = 1501


def write_whisper(folder: Path) -> Path:
    """Writes the model in the converted format; returns its folder."""
    import ctranslate2
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    tokens = sorted(pre_tokenizers.ByteLevel.alphabet())
    times = [f"<|{n * 0.02:.2f}|>" for n in range(N_TIMES)]
    source = folder / "source"
    torch.manual_seed(0)
    n_tokens = len(tokens) + len(SPECIAL) + N_TIMES
    ids = {name: len(tokens) + i for i, name in enumerate(SPECIAL)}
    config = WhisperConfig(
        vocab_size=n_tokens, d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
        decoder_ffn_dim=32, eos_token_id=ids["<|endoftext|>"], pad_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<|endoftext|>"], decoder_start_token_id=ids["<|startoftranscript|>"],
    )  # fmt: skip
    WhisperForConditionalGeneration(config).save_pretrained(source)
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in (*SPECIAL, *times)])
    tokenizer.save(str(source / "tokenizer.json"))
    (source / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"})
    )
    converter = ctranslate2.converters.TransformersConverter(
        str(source), copy_files=["tokenizer.json"]
    )
    return Path(converter.convert(str(folder / "converted")))
