// How far the phone is from the building. Only with the evaluator's consent,
// only where the building's place is known, and only the distance leaves this
// function: rounded metres and the error that the phone states. The position
// itself is kept nowhere and sent nowhere.
(function () {
  'use strict';
  var gp = window.gpField = window.gpField || {};
  var RADIUS = 6371008.8; // of the earth, in metres; the same formula as the server's fieldwork.Metres

  function rad(x) { return x * Math.PI / 180; }
  function metres(a, b) {
    var dLat = Math.sin(rad(b.lat - a.lat) / 2), dLon = Math.sin(rad(b.lon - a.lon) / 2);
    return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(dLat * dLat + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * dLon * dLon)));
  }

  // agreed: what the evaluator chose on this phone last, else what the server knows.
  async function agreed(store) {
    var wish = await store.meta('distance.wish');
    return (wish === undefined ? await store.meta('distance') : wish) === true;
  }
  // choose keeps the choice at once; it is told to the server at the next
  // synchronisation.
  async function choose(store, yes) { await store.setMeta('distance.wish', yes); }
  async function tell(store, account) {
    var wish = await store.meta('distance.wish');
    if (wish === undefined) return;
    await gp.net.request('PUT', '/offline/distance-consent', { account: account, given: wish });
    if (await store.meta('distance.wish') !== wish) return; // changed again meanwhile: next time
    await store.setMeta('distance', wish);
    await store.remove('meta', 'distance.wish');
  }

  function able(c) { return !!c.place && !!navigator.geolocation; }

  // near gives {distance_m, accuracy_m}, or null: no consent, no place of the
  // building, no permission, no position within the time. Nothing waits for it.
  async function near(app, c, patience) {
    if (!able(c) || !await agreed(app.store)) return null;
    return new Promise(function (ok) {
      var timer = setTimeout(function () { ok(null); }, patience);
      function end(v) { clearTimeout(timer); ok(v); }
      navigator.geolocation.getCurrentPosition(function (p) {
        end({ distance_m: Math.round(metres({ lat: p.coords.latitude, lon: p.coords.longitude }, c.place) / 10) * 10, accuracy_m: Math.ceil(p.coords.accuracy / 10) * 10 });
      }, function () { end(null); }, { enableHighAccuracy: true, timeout: patience, maximumAge: 60000 });
    });
  }

  gp.place = { near: near, agreed: agreed, choose: choose, tell: tell, able: able };
})();
