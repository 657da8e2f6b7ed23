package wordmeasure

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"

	"gongping/scoring/qualitative"
)

// Campaigns is what the search for near-duplicates and campaigns finds in real
// messages, against a comparison of all pairs.
type Campaigns struct {
	Skipped                 bool
	Messages, Pairs, Found  int
	Campaigns               map[qualitative.Pattern]int
	Voices, Authors         int
	LargestAuthor, TopLikes int
	Masked                  map[qualitative.Kind]int
}

// MeasureCampaigns measures on the messages with votes of citizen-messages-zh.
func MeasureCampaigns(dir string) (Campaigns, error) {
	tab, err := open(filepath.Join(dir, "citizen-messages-zh", "messages_with_votes.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return Campaigns{Skipped: true}, nil
	}
	if err != nil {
		return Campaigns{}, err
	}
	var said []qualitative.Said
	var texts []string
	c := Campaigns{Campaigns: map[qualitative.Pattern]int{}, Masked: map[qualitative.Kind]int{}}
	for _, r := range tab.rows {
		text, masked := qualitative.Mask(tab.get(r, "subject") + "。" + tab.get(r, "body"))
		for k, n := range masked {
			c.Masked[k] += n
		}
		likes, _ := strconv.Atoi(tab.get(r, "likes")) // an empty cell is none
		said = append(said, qualitative.Said{Text: text, Author: tab.get(r, "user"), Likes: likes})
		texts = append(texts, text)
	}
	groups := qualitative.NearDuplicates(texts)
	for _, p := range qualitative.AllPairs(texts) {
		c.Pairs++
		if groups[p[0]] == groups[p[1]] {
			c.Found++
		}
	}
	for _, x := range qualitative.Campaigns(said, groups) {
		c.Campaigns[x.Pattern]++
		if x.Pattern == qualitative.OneAuthor {
			c.LargestAuthor = max(c.LargestAuthor, x.Comments)
		}
		c.TopLikes = max(c.TopLikes, x.Likes)
	}
	z := qualitative.Measure(said, groups)
	c.Messages, c.Voices, c.Authors = z.Comments, z.Voices, z.Authors
	return c, nil
}

// WriteCampaigns prints it.
func WriteCampaigns(w io.Writer, c Campaigns) error {
	if c.Skipped {
		_, err := fmt.Fprintln(w, "\ncitizen-messages-zh, campaigns: the collection is not in the folder")
		return err
	}
	_, err := fmt.Fprintf(w, "\ncitizen-messages-zh, campaigns\n\n| Messages | authors | voices | pairs alike (all pairs compared) | found | several people, same words | one person, same words | one person, many | many likes | most of one author | most likes |\n|---|---|---|---|---|---|---|---|---|---|---|\n| %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d |\n\nMasked: %v\n",
		c.Messages, c.Authors, c.Voices, c.Pairs, c.Found, c.Campaigns[qualitative.SameText], c.Campaigns[qualitative.Repeated], c.Campaigns[qualitative.OneAuthor],
		c.Campaigns[qualitative.ManyLikes], c.LargestAuthor, c.TopLikes, c.Masked)
	return err
}
