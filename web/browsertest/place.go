package browsertest

import (
	"context"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Stand puts the tab's phone at a point of the earth, known to so many metres,
// and lets pages ask for it.
func (p *Page) Stand(lat, lon, accuracy float64) {
	p.t.Helper()
	p.do("geolocation", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		me, err := chromedp.Call(ctx, target.GetTargetInfo, target.GetTargetInfoParams{})
		if err != nil {
			return err
		}
		_, err = chromedp.Call(ctx, browser.SetPermission, browser.SetPermissionParams{BrowserContextID: me.TargetInfo.BrowserContextID,
			Permission: &browser.PermissionDescriptor{Name: "geolocation"}, Setting: browser.PermissionSettingGranted})
		if err != nil {
			return err
		}
		_, err = chromedp.Call(ctx, emulation.SetGeolocationOverride, emulation.SetGeolocationOverrideParams{Latitude: &lat, Longitude: &lon, Accuracy: &accuracy})
		return err
	}))
}
