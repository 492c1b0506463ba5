'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const percent = v => (100 * v).toFixed(1) + ' %';
  const number = v => Number(v.toPrecision(3)).toString();
  let charts = [];

  /** Means of each point and its neighbours, fewer of them at the ends. */
  function smooth(points, reach) {
    return points.map((point, i) => {
      const near = points.slice(Math.max(0, i - reach), i + reach + 1);
      return {x: point.x, y: near.reduce((sum, p) => sum + p.y, 0) / near.length};
    });
  }

  function draw() {
    charts.forEach(chart => chart.destroy());
    const css = getComputedStyle(document.documentElement);
    const colour = name => css.getPropertyValue('--' + name).trim();
    const main = colour('main'), other = colour('other'), grid = colour('grid');
    Chart.defaults.color = colour('soft');
    Chart.defaults.borderColor = grid;
    Chart.defaults.animation = false;
    Chart.defaults.maintainAspectRatio = false;
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.plugins.legend.labels.usePointStyle = true;
    Chart.defaults.plugins.legend.labels.boxHeight = 6;

    const axis = (title, more = {}) =>
        Object.assign({title: {display: true, text: title}, grid: {color: grid}}, more);
    const ticks = format => ({callback: format, maxTicksLimit: 6});
    const line = (label, points, color, more = {}) => Object.assign({
      type: 'line', label, data: points, borderColor: color, backgroundColor: color,
      borderWidth: 2, pointRadius: points.length < 3 ? 3 : 0, pointHitRadius: 8, pointStyle: 'line',
    }, more);
    const add = (id, config) => {
      const canvas = document.getElementById(id);
      if (canvas) {
        charts.push(new Chart(canvas, config));
      }
    };
    const label = format => ({tooltip: {callbacks: {
      label: item => item.dataset.label + ': ' + format(item.parsed.y),
    }}});
    const last = data.points.length === 0 ? 1 : data.points[data.points.length - 1].step;
    const steps = axis('step', {max: last, type: 'linear', ticks: {precision: 0, maxTicksLimit: 7}});

    if (data.points.length > 0) {
      const of = name => data.points.map(p => ({x: p.step, y: p[name]}));
      const reach = Math.max(1, Math.round(data.points.length / 40));
      add('loss', {
        data: {datasets: [
          line('loss', of('loss'), main + '66', {borderWidth: 1}),
          line('mean over ' + (2 * reach + 1) + ' points', smooth(of('loss'), reach), main),
        ]},
        options: {
          plugins: label(number),
          scales: {x: steps, y: axis('loss')},
        },
      });
      add('ratio', {
        data: {datasets: [
          line('masked', of('ratio'), main),
          line('asked for', of('targetRatio'), other, {borderDash: [6, 4], borderWidth: 1.5}),
        ]},
        options: {
          plugins: label(percent),
          scales: {x: steps, y: axis('share of the cost', {min: 0, ticks: ticks(percent)})},
        },
      });
    }
    if (data.epochs.length > 0) {
      const names = data.epochs.map(e => e.epoch);
      add('flips', {
        type: 'bar',
        data: {labels: names, datasets: [{
          label: 'mask flips', data: data.epochs.map(e => e.flips), backgroundColor: main, maxBarThickness: 48,
        }]},
        options: {
          plugins: {legend: {display: false}},
          scales: {x: axis('epoch'), y: axis('channels that changed sides', {ticks: {precision: 0}})},
        },
      });
      if (data.epochs.some(e => e.accuracy !== null)) {
        add('accuracy', {
          data: {labels: names, datasets: [
            line('masked network', data.epochs.map(e => e.accuracy), main, {pointRadius: 4, pointStyle: 'circle'}),
          ].concat(data.accuracyDense === null ? [] : [
            line('dense network', names.map(() => data.accuracyDense), other,
                {borderDash: [6, 4], borderWidth: 1.5}),
          ])},
          options: {
            plugins: label(percent),
            scales: {x: axis('epoch', {type: 'category'}), y: axis('accuracy', {ticks: ticks(percent)})},
          },
        });
      }
    }
    if (data.groups.length > 0) {
      const short = name => name.length > 26 ? name.slice(0, 24) + '\u2026' : name;
      const bar = (text, values, color) =>
          ({label: text, data: values, backgroundColor: color, pointStyle: 'rect', maxBarThickness: 18});
      add('layers', {
        type: 'bar',
        data: {
          labels: data.groups.map(g => short(g.name)),
          datasets: [
            bar('kept', data.groups.map(g => g.kept), main),
            bar('cut', data.groups.map(g => g.channels - g.kept), other),
          ],
        },
        options: {
          indexAxis: 'y',
          plugins: {tooltip: {callbacks: {
            title: items => data.groups[items[0].dataIndex].name,
            footer: items => data.groups[items[0].dataIndex].channels + ' before',
          }}},
          scales: {
            x: axis('channels', {stacked: true, ticks: {precision: 0}}),
            y: {stacked: true, grid: {display: false}, ticks: {autoSkip: false}},
          },
        },
      });
    }
    data.groups.forEach((group, i) => {
      if (!group.bins) {
        return;
      }
      const {low, width, kept, cut} = group.bins;
      const top = Math.max(...kept.map((n, b) => n + cut[b]));
      const bars = (text, counts, color) => ({
        type: 'bar', label: text, backgroundColor: color, stack: 'channels', grouped: false,
        barPercentage: 0.95, categoryPercentage: 1,
        data: counts.map((y, b) => ({x: low + (b + 0.5) * width, y})),
      });
      const sets = [bars('cut', cut, other), bars('kept', kept, main)];
      if (group.cutLine !== null) {
        sets.unshift(line('cut line', [{x: group.cutLine, y: 0}, {x: group.cutLine, y: top}],
            colour('text'), {borderDash: [4, 3], borderWidth: 1.5, pointRadius: 0, stack: 'line'}));
      }
      add('scores-' + i, {
        data: {datasets: sets},
        options: {
          plugins: {legend: {display: false}, tooltip: {callbacks: {
            title: items => 'score ' + number(items[0].parsed.x),
          }}},
          scales: {
            x: {
              type: 'linear', min: low, max: low + width * kept.length, offset: false,
              grid: {display: false}, ticks: ticks(number),
            },
            y: {stacked: true, beginAtZero: true, grid: {color: grid}, ticks: {precision: 0, maxTicksLimit: 4}},
          },
        },
      });
    });
  }

  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();
