// kokoro-js under Node: reads voices, or speaks with one, by its own code.
//
//   node kokoro_js.mjs read NAME…                   prints {name: SHA-256 of all rows it would take}
//   node kokoro_js.mjs speak MODEL VOCAB NAME WAV TEXT
//
// To be run in a folder with node_modules/kokoro-js. Its model class wants a folder from the model
// hub; here the ONNX file is opened directly, and a phoneme's number is looked up in Kokoro's own
// config.json. Text, phonemes, the voice's file and its row are kokoro-js' business.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const load = (file) => import(pathToFileURL(join(process.cwd(), "node_modules", file)));
const { KokoroTTS } = await load("kokoro-js/dist/kokoro.js");
const [what, ...given] = process.argv.slice(2);

if (what === "read") {
  const found = {};
  for (const voice of given) {
    const hash = createHash("sha256");
    const model = async ({ style: { data } }) => {
      hash.update(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      return { waveform: { data: new Float32Array(1) } };
    };
    const tts = new KokoroTTS(model, null);
    for (let n = 0; n < 510; n++) await tts.generate_from_ids({ dims: [1, n + 2] }, { voice });
    found[voice] = hash.digest("hex");
  }
  console.log(JSON.stringify(found));
} else {
  const [modelPath, configPath, voice, wavPath, ...texts] = given;
  const ort = require("onnxruntime-node");
  const session = await ort.InferenceSession.create(modelPath, { intraOpNumThreads: 1 });
  const vocab = JSON.parse(readFileSync(configPath, "utf8")).vocab;
  const model = async ({ input_ids, style, speed }) => {
    const { audio } = await session.run({
      tokens: input_ids,
      style: new ort.Tensor("float32", style.data, [1, 256]),
      speed: new ort.Tensor("float32", speed.data, [1]),
    });
    return { waveform: audio };
  };
  const tokenizer = (phonemes) => {
    const ids = [0, ...[...phonemes].map((one) => vocab[one]).filter((id) => id !== undefined), 0];
    return { input_ids: new ort.Tensor("int64", BigInt64Array.from(ids.map(BigInt)), [1, ids.length]) };
  };
  const tts = new KokoroTTS(model, tokenizer);
  tts._validate_voice = (name) => name[0];
  for (const [i, text] of texts.entries()) {
    const audio = await tts.generate(text, { voice });
    await audio.save(wavPath.replace("%d", i));
  }
}
