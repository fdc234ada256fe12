"""Defaults that a config and the help texts share; plain, so that --help stays quick."""

MODEL = "kokoro"
DEVICE = "auto"
SEED = 0
MAX_SEED = 2**31 - 1
OUT_DIR = "out"
SCORING = "scaled"
METHOD = "auto"
# Of `walk`, where neither steps nor minutes are given.
STEPS = {"random": 300, "cma": 300, "gradient": 15, "auto": 40}
N_START_VOICES = 10
N_KEPT = 10
SPEED = 1.0
SPEED_RANGE = (0.25, 4.0)
PAUSE_S = 0.8  # between two paragraphs that are read aloud
MAX_PAUSE_S = 10.0
MAX_THREADS = 1024
MAX_WORKERS = 4096
MAX_ISLANDS = 256

# What help texts and the shells' completion list; the tables themselves would load numpy.
RUNTIMES = (
    "kokoro",
    "kokoro-fastapi",
    "kokoro-onnx",
    "kokoros",
    "comfyui-kokoro",
    "kokoro-js",
    "sherpa-onnx",
    "mlx-audio",
    "kokoro-mlx",
    "kokorosharp",
    "fluidaudio",
)
VOICE_FORMATS = ("pt", "bin", "npz", "npy", "safetensors", "json", "json-rows", "sherpa", "voic")
