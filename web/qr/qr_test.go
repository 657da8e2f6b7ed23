package qr

import (
	"bytes"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var run = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1`)

// The picture of the SVG is that of the PNG, module by module.
func TestPicturesAgree(t *testing.T) {
	const text = "https://pingyi.example.cn/r/3101040123456789abcdefghjkmnpqr"
	svg := string(SVG(text, `the "label" <b>`))
	if !strings.Contains(svg, `aria-label="the &#34;label&#34; &lt;b&gt;"`) {
		t.Errorf("the label is not escaped: %.300s", svg)
	}
	dark := map[[2]int]bool{}
	for _, m := range run.FindAllStringSubmatch(svg, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		n, _ := strconv.Atoi(m[3])
		for i := range n {
			dark[[2]int{x + i, y}] = true
		}
	}
	data, err := PNG(text)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	modules := regexp.MustCompile(`viewBox="0 0 (\d+)`).FindStringSubmatch(svg)
	n, _ := strconv.Atoi(modules[1])
	scale := img.Bounds().Dx() / n
	for y := range n {
		for x := range n {
			r, _, _, _ := img.At(x*scale+scale/2, y*scale+scale/2).RGBA()
			if (r == 0) != dark[[2]int{x, y}] {
				t.Fatalf("module %d,%d differs", x, y)
			}
		}
	}
	if SVG(strings.Repeat("x", 5000), "") != "" {
		t.Error("a text that does not fit has a code")
	}
}
