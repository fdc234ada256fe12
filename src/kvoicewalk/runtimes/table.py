"""The runtimes that a voice can be put into. A new one is a row here.

Read off public copies of their code in November 2026; docs/runtimes.md says which were run.
"""

from kvoicewalk.errors import Setting, VoiceError
from kvoicewalk.runtimes import sherpa
from kvoicewalk.runtimes.base import Runtime
from kvoicewalk.runtimes.ways import named_entry, own_file

RUNTIMES: tuple[Runtime, ...] = (
    Runtime(
        # hexgrad/kokoro 0.9.4 kokoro/pipeline.py: load_single_voice, infer
        name="kokoro",
        what="Kokoro's own Python package",
        form="pt",
        marks=(".",),
        looks_like="a folder for voice files",
        usual=(),
        put=own_file("pt"),
        row="n - 1",
        longest=510,
        needs_prefix=False,
        restart="nothing",
        say='KPipeline(lang_code="a")("Hello.", voice="{path}")',
    ),
    Runtime(
        # remsky/Kokoro-FastAPI api/src/core/paths.py, api/src/core/config.py
        name="kokoro-fastapi",
        what="Kokoro-FastAPI, a server that speaks OpenAI's protocol",
        form="pt",
        marks=("api/src/voices/v1_0", "src/voices/v1_0", "voices/v1_0", "v1_0", "*.pt"),
        looks_like="its folder, or the one that is mounted for voices",
        usual=(".", "~/Kokoro-FastAPI"),
        put=own_file("pt"),
        row="n - 1",
        longest=510,
        needs_prefix=True,
        restart="nothing for a new name; the server, where a voice was replaced",
        say='POST /v1/audio/speech {{"model": "kokoro", "voice": "{name}", "input": "Hello."}}',
        note="in Docker the folder must be mounted, else the voice is gone with the container.",
    ),
    Runtime(
        # thewh1teagle/kokoro-onnx 0.6.1 __init__.py: _style_for; 0.5.0 took row n
        name="kokoro-onnx",
        what="kokoro-onnx, and what builds on it: kokoro-tts, fastkokoro",
        form="npz",
        marks=("voices-v1.0.bin", "voices*.bin", "voices*.npz"),
        looks_like="the folder with voices-v1.0.bin, or that file",
        usual=(".",),
        put=named_entry(),
        row="n - 1",
        longest=510,
        needs_prefix=False,
        restart="the program, which reads the file at its start",
        say='Kokoro("kokoro-v1.0.onnx", "{path}").create("Hello.", voice="{name}", lang="en-us")',
        note="versions before 0.6 take row n, and fail at 510 phonemes.",
    ),
    Runtime(
        # lucasjinreal/Kokoros koko: --data data/voices-v1.0.bin
        name="kokoros",
        what="Kokoros, in Rust",
        form="npz",
        marks=("data/voices-v1.0.bin", "voices-v1.0.bin"),
        looks_like="its folder with data/voices-v1.0.bin, or that file",
        usual=(".", "~/Kokoros"),
        put=named_entry(),
        row="n",
        longest=509,
        needs_prefix=False,
        restart="the program",
        say='koko --style {name} text "Hello."',
    ),
    Runtime(
        # stavsap/comfyui-kokoro ComfyUIKokoro.py: supported_voices, VOICES_FILENAME
        name="comfyui-kokoro",
        what="the Kokoro nodes of ComfyUI (stavsap)",
        form="npz",
        marks=("voices_v1.bin", "comfyui-kokoro/voices_v1.bin", "custom_nodes/*/voices_v1.bin"),
        looks_like="ComfyUI's folder, or custom_nodes/comfyui-kokoro with voices_v1.bin",
        usual=(".", "~/ComfyUI"),
        put=named_entry(is_closed=True),
        row="n - 1",
        longest=510,
        needs_prefix=False,
        restart="the workflow: queue it again",
        say="choose {name} in the node Kokoro Speaker",
        note="which row it takes is that of the kokoro-onnx beside it: n before 0.6.",
    ),
    Runtime(
        # kokoro-js 1.2.1 dist/kokoro.js: _validate_voice, generate_from_ids
        name="kokoro-js",
        what="kokoro-js under Node; in a browser it fetches voices from a fixed address",
        form="bin",
        marks=("node_modules/kokoro-js/voices", "kokoro-js/voices", "voices/*.bin", "*.bin"),
        looks_like="the project's folder, with node_modules/kokoro-js/voices",
        usual=(".",),
        put=own_file("bin"),
        row="n",
        longest=509,
        needs_prefix=True,
        restart="the program",
        say="tts._validate_voice = (name) => name[0]; "
        'await tts.generate("Hello.", {{ voice: "{name}" }})',
        note="its table of names is closed, so its check of them has to be replaced, as shown; "
        "a voice under a stock name needs no such line. An update of the package takes it away.",
    ),
    Runtime(
        # k2-fsa/sherpa-onnx csrc/offline-tts-kokoro-model.cc: Run
        name="sherpa-onnx",
        what="sherpa-onnx and the apps on it",
        form="sherpa",
        marks=("voices.bin",),
        looks_like="the model's folder, with voices.bin and model.onnx",
        usual=(".", "kokoro-multi-lang-v1_0"),
        put=sherpa.put,
        row="n",
        longest=509,
        needs_prefix=False,
        restart="the program; an app has to be built with the new files",
        say="sherpa-onnx-offline-tts --kokoro-model={folder}/model.onnx --kokoro-voices={path} "
        "--sid={sid}",
        note="a text of 510 phonemes or more ends the program.",
    ),
    Runtime(
        # Blaizzy/mlx-audio 0.6.2 tts/models/kokoro: voice.py, pipeline.py
        name="mlx-audio",
        what="mlx-audio, for Apple's chips",
        form="safetensors",
        marks=("snapshots/*/voices", "voices/*.safetensors", "."),
        looks_like="a folder for voice files, or that of a model in the hub's cache",
        usual=(
            "{hub}/models--mlx-community--Kokoro-82M-bf16",
            "{hub}/models--prince-canuma--Kokoro-82M",
        ),
        put=own_file("safetensors"),
        row="n - 1",
        longest=510,
        needs_prefix=False,
        restart="nothing",
        say="python -m mlx_audio.tts.generate --model mlx-community/Kokoro-82M-bf16 "
        '--voice {path} --lang_code a --text "Hello."',
    ),
    Runtime(
        # gabrimatic/kokoro-mlx 0.1.4 voices.py
        name="kokoro-mlx",
        what="kokoro-mlx, for Apple's chips",
        form="safetensors",
        marks=("voices", "snapshots/*/voices", "*.safetensors"),
        looks_like="the model's folder, with voices/",
        usual=("{hub}/models--mlx-community--Kokoro-82M-bf16",),
        put=own_file("safetensors"),
        row="n - 1",
        longest=510,
        needs_prefix=True,
        restart="the program",
        say='KokoroTTS.from_pretrained("{folder}").generate("Hello.", voice="{name}")',
    ),
    Runtime(
        # Lyrcaxis/KokoroSharp HighLevel/KokoroVoiceManager.cs, Core/KokoroModel.cs
        name="kokorosharp",
        what="KokoroSharp, for .NET",
        form="npy",
        marks=("voices", "*.npy"),
        looks_like="the program's folder, with voices/",
        usual=(".",),
        put=own_file("npy"),
        row="n - 1",
        longest=510,
        needs_prefix=True,
        restart="the program",
        say='tts.SpeakFast("Hello.", KokoroVoiceManager.GetVoice("{name}"))',
        note="a build copies its voices anew: put the file where the program runs.",
    ),
    Runtime(
        # FluidInference/FluidAudio KokoroAneVoicePack.swift, KokoroAneResourceDownloader.swift
        name="fluidaudio",
        what="FluidAudio, in Swift for Apple's chips",
        form="bin",
        marks=("af_heart.bin", "*/af_heart.bin", "*/*/af_heart.bin", "*/*/*/af_heart.bin"),
        looks_like="the folder that has af_heart.bin and vocab.json",
        usual=("~/.cache/fluidaudio/Models",),
        put=own_file("bin"),
        row="n - 1",
        longest=510,
        needs_prefix=True,
        restart="the program",
        say='KokoroAneManager().synthesize(text: "Hello.", voice: "{name}")',
    ),
)
RUNTIME_NAMES = tuple(one.name for one in RUNTIMES)
# Where nothing can be put: what people ask for, and what can be done.
CLOSED = {
    "speaches": "it shows a fixed list of names; put the voice in the place of one of them in its "
    "voices file, as for kokoro-onnx",
    "abogen": "it shows a fixed list of names; put the .pt in the place of one of them in the "
    "model hub's cache",
    "realtimetts": "it shows a fixed list of names; put the .pt in the place of one of them in the "
    "model hub's cache",
    "kokoro-web": "it fetches voices from a fixed address and knows a fixed list of names; host it "
    "yourself with your .bin under a stock name",
}


def runtime_named(name: str) -> Runtime:
    """Returns a runtime by its name, whatever the case of its letters.

    Raises:
        VoiceError: there is none of this name, or none that a voice can be put into.
    """
    wanted = name.lower().replace(" ", "-")
    for one in RUNTIMES:
        if wanted == one.name:
            return one
    if wanted in CLOSED:
        raise VoiceError(f"no voice can be added to {name}: {CLOSED[wanted]}.")
    raise VoiceError(Setting("runtime", name), f": expected one of {', '.join(RUNTIME_NAMES)}.")
