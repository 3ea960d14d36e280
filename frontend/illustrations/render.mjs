// Renders every SVG of this folder into cramps_site/demo/images/SLUG.webp.
// Run from anywhere: node frontend/illustrations/render.mjs [slug ...]
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const SOURCE = dirname(fileURLToPath(import.meta.url));
const TARGET = join(SOURCE, '..', '..', 'cramps_site', 'demo', 'images');
const LIMIT = 40 * 1024; // bytes

const only = process.argv.slice(2);
const names = (await readdir(SOURCE)).filter((name) => name.endsWith('.svg')).sort();

await mkdir(TARGET, { recursive: true });

let failed = false;
for (const name of names) {
  const slug = basename(name, '.svg');
  if (only.length && !only.includes(slug)) continue;

  const svg = await readFile(join(SOURCE, name));
  const box = /viewBox="0 0 (\d+) (\d+)"/.exec(svg.toString());
  if (!box) throw new Error(`${name}: no viewBox="0 0 WIDTH HEIGHT"`);
  const [width, height] = [Number(box[1]), Number(box[2])];

  // Drawn at twice the size and reduced, for clean edges; flat colour is smallest and sharpest lossless.
  const data = await sharp(svg, { density: 144 })
    .resize(width, height, { fit: 'fill' })
    .flatten({ background: '#fbfaf6' })
    .webp({ lossless: true, effort: 6 })
    .toBuffer();
  await writeFile(join(TARGET, `${slug}.webp`), data);

  const tooBig = data.length > LIMIT;
  failed ||= tooBig;
  console.log(`${slug}.webp  ${width}x${height}  ${(data.length / 1024).toFixed(1)} kB${tooBig ? '  TOO BIG' : ''}`);
}
process.exitCode = failed ? 1 : 0;
