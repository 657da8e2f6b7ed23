// Draws the charts of a page with ECharts from the option JSON beside them.
//
// JSON cannot carry functions, and the policy forbids inline script, so an
// option names a function of the registry below: {"$fn": "interval"}.
(function () {
  'use strict';
  var script = document.currentScript;
  var registry = {};

  // colour resolves a token of gongping.css, so charts follow the theme.
  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue('--gp-' + name).trim();
  }

  // interval draws one caterpillar: value = [index, estimate, low, high, tone].
  registry.interval = function (params, api) {
    var y = api.coord([0, api.value(0)])[1];
    var mid = api.coord([api.value(1), api.value(0)])[0];
    var lo = api.coord([api.value(2), api.value(0)])[0];
    var hi = api.coord([api.value(3), api.value(0)])[0];
    var tone = colour(['chart-typical', 'chart-high', 'chart-low', 'chart-none'][api.value(4)] || 'chart-typical');
    var line = { stroke: tone, lineWidth: 2, fill: 'none' };
    var marks = [{ type: 'circle', shape: { cx: mid, cy: y, r: 5 }, style: { fill: tone } },
      { type: 'rect', shape: { x: mid - 4.5, y: y - 4.5, width: 9, height: 9 }, style: { fill: tone } },
      { type: 'polygon', shape: { points: [[mid, y - 6], [mid + 6, y], [mid, y + 6], [mid - 6, y]] }, style: { fill: tone } },
      { type: 'circle', shape: { cx: mid, cy: y, r: 4.5 }, style: { fill: colour('chart-ground'), stroke: tone, lineWidth: 2 } }];
    return {
      type: 'group',
      children: [
        { type: 'line', shape: { x1: lo, y1: y, x2: hi, y2: y }, style: line },
        { type: 'line', shape: { x1: lo, y1: y - 5, x2: lo, y2: y + 5 }, style: line },
        { type: 'line', shape: { x1: hi, y1: y - 5, x2: hi, y2: y + 5 }, style: line },
        marks[api.value(4)] || marks[0]
      ]
    };
  };

  // whisker draws an upright interval: value = [index, low, high].
  registry.whisker = function (params, api) {
    var lo = api.coord([api.value(0), api.value(1)]);
    var hi = api.coord([api.value(0), api.value(2)]);
    var line = { stroke: colour('chart-limit'), lineWidth: 1.5, fill: 'none' };
    return {
      type: 'group',
      children: [
        { type: 'line', shape: { x1: lo[0], y1: lo[1], x2: hi[0], y2: hi[1] }, style: line },
        { type: 'line', shape: { x1: lo[0] - 6, y1: lo[1], x2: lo[0] + 6, y2: lo[1] }, style: line },
        { type: 'line', shape: { x1: hi[0] - 6, y1: hi[1], x2: hi[0] + 6, y2: hi[1] }, style: line }
      ]
    };
  };

  // tip shows the text that the server prepared for a point.
  registry.tip = function (p) {
    var d = p && p.data;
    return (d && d.tip) || (p.name ? p.name : '');
  };
  // resolve replaces {"$fn": name} by the function and {"$c": token} by the colour.
  function resolve(v) {
    if (Array.isArray(v)) return v.map(resolve);
    if (v && typeof v === 'object') {
      if (typeof v.$fn === 'string') return registry[v.$fn];
      if (typeof v.$c === 'string') return colour(v.$c);
      var out = {};
      Object.keys(v).forEach(function (k) { out[k] = resolve(v[k]); });
      return out;
    }
    return v;
  }

  var loading = null;
  function library() {
    if (window.echarts) return Promise.resolve(window.echarts);
    loading = loading || new Promise(function (ok, fail) {
      var s = document.createElement('script');
      s.src = script.getAttribute('data-echarts');
      s.onload = function () { ok(window.echarts); };
      s.onerror = fail;
      document.head.appendChild(s);
    });
    return loading;
  }

  var drawn = [];
  var maps = {};

  function map(echarts, url) {
    maps[url] = maps[url] || fetch(url).then(function (r) {
      if (!r.ok) throw new Error('map ' + r.status);
      return r.json();
    }).then(function (geo) { echarts.registerMap(url, geo); });
    return maps[url];
  }

  function option(el) {
    var opt = resolve(JSON.parse(document.getElementById(el.getAttribute('data-chart')).textContent));
    opt.textStyle = Object.assign({ fontFamily: getComputedStyle(document.body).fontFamily, color: colour('chart-text') }, opt.textStyle);
    opt.animation = false;
    opt.aria = { enabled: false }; // the figure carries its own description
    var narrow = el.clientWidth < 520;
    if (narrow && opt.gpNarrow) merge(opt, opt.gpNarrow);
    delete opt.gpNarrow;
    var url = el.getAttribute('data-map');
    if (url) opt.series.forEach(function (s) { if (s.type === 'map') s.map = url; });
    return opt;
  }

  function merge(a, b) {
    Object.keys(b).forEach(function (k) {
      if (a[k] && typeof a[k] === 'object' && b[k] && typeof b[k] === 'object') merge(a[k], b[k]);
      else a[k] = b[k];
    });
  }

  function draw(el) {
    if (el.hasAttribute('data-gp-drawn')) return;
    el.setAttribute('data-gp-drawn', 'loading');
    library().then(function (echarts) {
      var url = el.getAttribute('data-map');
      return url ? map(echarts, url).then(function () { return echarts; }) : echarts;
    }).then(function (echarts) {
      // Canvas sets no style attributes by text, so it suits the policy.
      var chart = echarts.init(el, null, { renderer: 'canvas', locale: document.documentElement.lang.indexOf('zh') === 0 ? 'ZH' : 'EN' });
      chart.setOption(option(el));
      chart.on('click', function (p) { if (p.data && p.data.href) window.location.assign(p.data.href); });
      drawn.push({ el: el, chart: chart });
      new ResizeObserver(function () { if (el.clientWidth) chart.resize(); }).observe(el);
      el.setAttribute('data-gp-drawn', 'yes');
    }).catch(function (err) {
      el.setAttribute('data-gp-drawn', 'failed');
      var table = el.closest('figure').querySelector('[data-gp-view="table"]');
      if (table) table.click(); // the table says the same
      console.error(err);
    });
  }

  function scan(root) {
    drawn = drawn.filter(function (d) {
      if (document.contains(d.el)) return true;
      d.chart.dispose();
      return false;
    });
    root.querySelectorAll('[data-chart]').forEach(draw);
  }

  document.addEventListener('gp:theme', function () {
    drawn.forEach(function (d) { d.chart.setOption(option(d.el), true); });
  });
  window.gpCharts = { scan: scan };
  scan(document);
})();
