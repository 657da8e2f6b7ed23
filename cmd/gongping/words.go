package main

import (
	"github.com/spf13/cobra"

	"gongping/internal/wordmeasure"
)

func wordsCmd() *cobra.Command {
	c := &cobra.Command{Use: "words", Short: "Measure the model that proposes codes for comments"}
	c.AddCommand(&cobra.Command{
		Use: "measure DIR", Short: "Train on public coded comments and measure on held-out parts",
		Long: `DIR holds one folder a collection (santa-monica-comments-2014, citizen-messages-zh,
hotel-reviews-zh, dianping-aspects-zh), each as its README describes. Collections that
are not there are left out. The figures of docs/methods/qualitative.md come from here.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := wordmeasure.Measure(args[0])
			if err != nil {
				return err
			}
			if err := wordmeasure.Write(c.OutOrStdout(), list); err != nil {
				return err
			}
			found, err := wordmeasure.MeasureCampaigns(args[0])
			if err != nil {
				return err
			}
			return wordmeasure.WriteCampaigns(c.OutOrStdout(), found)
		},
	})
	return c
}
