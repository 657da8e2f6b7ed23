// Package page holds the HTML templates: layout/ is the shell, component/ the
// shared parts, every other folder one feature. Package page/render parses and
// runs them.
package page

import "embed"

// Files are the templates of all features.
//
//go:embed */*.html
var Files embed.FS
