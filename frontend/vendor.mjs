// Copies what browsers get from npm into static/vendor/, unchanged, each with its licence, and writes their checksums.
// tests/cramps_site/test_vendor.py holds the files to them and their versions to the lock file, without Node.
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const TARGET = join(HERE, '..', 'static', 'vendor');
const FILES = {
  'markdown-toolbar-element': ['@github/markdown-toolbar-element', 'dist/index.js'],
  turndown: ['turndown', 'lib/turndown.browser.es.js'],
  'turndown-plugin-gfm': ['turndown-plugin-gfm', 'lib/turndown-plugin-gfm.browser.es.js'],
};

await rm(TARGET, { recursive: true, force: true });
const lines = [];
for (const [name, [npm, file]] of Object.entries(FILES)) {
  const source = join(HERE, 'node_modules', npm);
  const { version } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
  await mkdir(join(TARGET, name), { recursive: true });
  lines.push(`# ${npm} ${version}`);
  for (const [from, to] of [[file, `${name}.js`], ['LICENSE', 'LICENSE']]) {
    await copyFile(join(source, from), join(TARGET, name, to));
    const hash = createHash('sha256').update(await readFile(join(TARGET, name, to))).digest('hex');
    lines.push(`${hash}  ${name}/${to}`);
  }
}
await writeFile(join(TARGET, 'checksums.txt'), lines.join('\n') + '\n');
