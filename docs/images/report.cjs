// Opens a report in a headless Chromium, checks it, and takes the pictures of docs/report.md:
//   npm install --prefix /tmp/shots puppeteer-core@24
//   NODE_PATH=/tmp/shots/node_modules node docs/images/report.cjs report.html docs/images
// CHROMIUM names the browser, /usr/bin/chromium without it. The last line is one JSON object;
// the exit code is 1 if anything is wrong.
'use strict';
const path = require('path');
const puppeteer = require('puppeteer-core');

const [page, folder] = process.argv.slice(2);
const url = 'file://' + path.resolve(page);
const views = [
  {name: 'light', scheme: 'light', width: 1200, height: 1000},
  {name: 'dark', scheme: 'dark', width: 1200, height: 1000},
  {name: 'narrow', scheme: 'light', width: 390, height: 844},
  {name: 'narrow-dark', scheme: 'dark', width: 390, height: 844},
];

// Runs in the page: contrast of every text with what is behind it, widths, what was drawn.
function look() {
  const parse = c => c.match(/[\d.]+/g).map(Number);
  const light = c => {
    const [r, g, b] = parse(c).slice(0, 3)
        .map(v => v / 255)
        .map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = e => {
    for (let at = e; at; at = at.parentElement) {
      const c = getComputedStyle(at).backgroundColor;
      if (parse(c).length < 4 || parse(c)[3] > 0) {
        return c;
      }
    }
    return 'rgb(255, 255, 255)';
  };
  let lowest = 21;
  for (const e of document.querySelectorAll('main *')) {
    if ([...e.childNodes].some(n => n.nodeType === 3 && n.data.trim() !== '')) {
      const a = light(getComputedStyle(e).color), b = light(behind(e));
      lowest = Math.min(lowest, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
    }
  }
  const blank = [...document.querySelectorAll('canvas')].filter(c =>
    !c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v !== 0));
  return {
    contrast: Math.round(lowest * 100) / 100,
    overflow: document.documentElement.scrollWidth - window.innerWidth,
    canvases: document.querySelectorAll('canvas').length,
    blank: blank.map(c => c.id),
    injected: document.querySelectorAll('img').length,
  };
}

(async () => {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--force-device-scale-factor=1'],
  });
  const seen = {};
  let wrong = 0;
  for (const view of views) {
    const tab = await browser.newPage();
    const messages = [], requests = [];
    tab.on('console', m => messages.push(m.text()));
    tab.on('pageerror', e => messages.push(String(e)));
    tab.on('dialog', d => { messages.push('dialog ' + d.message()); d.dismiss(); });
    tab.on('request', r => {
      if (r.url() !== url && !r.url().startsWith('data:')) {
        requests.push(r.url());
      }
    });
    await tab.setViewport({width: view.width, height: view.height});
    await tab.emulateMediaFeatures([{name: 'prefers-color-scheme', value: view.scheme}]);
    await tab.goto(url, {waitUntil: 'networkidle0'});
    if (folder) {
      await tab.screenshot({path: path.join(folder, `report-${view.name}.png`)});
    }
    // what is folded counts too
    await tab.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
    const found = await tab.evaluate(look);
    Object.assign(found, {messages, requests});
    const bad = messages.length || requests.length || found.overflow > 0 || found.blank.length
        || found.injected || found.contrast < 4.5;
    wrong += bad ? 1 : 0;
    seen[view.name] = found;
    await tab.close();
  }
  await browser.close();
  console.log(JSON.stringify({name: 'report-page', wrong, views: seen}));
  process.exitCode = wrong ? 1 : 0;
})();
