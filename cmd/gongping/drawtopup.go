package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"gongping/internal/app/draws"
	"gongping/internal/authz"
	"gongping/internal/errs"
)

func drawTopUpCmd() *cobra.Command {
	var f drawFlags
	var w draws.TopUp
	var wish commitFlags
	c := &cobra.Command{Use: "topup ROUND CODE=N…", Short: "Commit a later batch of a round that was drawn, with fresh randomness", Args: cobra.MinimumNArgs(2),
		Long: `Commits N more residents in each committee (or stratum) named. Everybody whom an earlier
draw of the round holds, reserves included, is left out. "draw reveal" then draws it.`}
	c.RunE = f.run(func(c *cobra.Command, args []string, b *bench, who authz.Actor) error {
		var err error
		if w.Randomness, err = wish.randomness(); err != nil {
			return err
		}
		w.Purpose, w.Sizes = wish.purpose, map[string]int{}
		for _, a := range args[1:] {
			code, n, _ := strings.Cut(a, "=")
			if w.Sizes[code], err = strconv.Atoi(n); err != nil {
				return errs.New(errs.Invalid, "draw.topup_size", "the top-up cannot be drawn like this").At("CODE=N", a, "a committee or stratum and a number", "for example 310104003001=12")
			}
		}
		id, err := b.Draws.CommitTopUp(c.Context(), who, args[0], w)
		if err != nil {
			return err
		}
		return f.printCommitment(c, b, who, id)
	})
	wish.add(c, "which event exactly; never one that was named before")
	f.add(c)
	f.as(c)
	return c
}
