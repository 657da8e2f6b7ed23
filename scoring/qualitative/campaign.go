package qualitative

import (
	"cmp"
	"slices"
)

// Said is a comment as the search for campaigns sees it.
type Said struct {
	Text   string
	Author string // pseudonym; "" where nobody is known to be the same as another
	Likes  int
}

// Pattern says what makes a campaign out of comments.
type Pattern string

// The patterns. A campaign may be right: the pattern says how it came about,
// never that it is to be disregarded.
const (
	SameText  Pattern = "same_text"  // several people, nearly the same words
	Repeated  Pattern = "repeated"   // one person, nearly the same words
	OneAuthor Pattern = "one_author" // one person, many comments
	ManyLikes Pattern = "many_likes" // one comment, many who agree
)

// The sizes from which a pattern is shown as a campaign.
const (
	CampaignTexts  = 3
	CampaignAuthor = 10
	CampaignLikes  = 50
)

// Campaign is a set of comments that is heard as one voice, with its size.
type Campaign struct {
	Pattern  Pattern
	Members  []int // in the order of the comments
	Comments int
	Authors  int // people who are known to be different; every comment without an author counts as one
	Likes    int
}

// Campaigns lists the campaigns among comments, largest first; groups are those
// of NearDuplicates. A comment may stand in one by its words and in one by its
// author.
func Campaigns(said []Said, groups []int32) []Campaign {
	byGroup, byAuthor := map[int32][]int{}, map[string][]int{}
	var out []Campaign
	for i, s := range said {
		byGroup[groups[i]] = append(byGroup[groups[i]], i)
		if s.Author != "" {
			byAuthor[s.Author] = append(byAuthor[s.Author], i)
		}
		if s.Likes >= CampaignLikes {
			out = append(out, sum(ManyLikes, said, []int{i}))
		}
	}
	for _, members := range byGroup {
		if len(members) >= CampaignTexts {
			c := sum(SameText, said, members)
			if c.Authors == 1 {
				c.Pattern = Repeated
			}
			out = append(out, c)
		}
	}
	for _, members := range byAuthor {
		if len(members) >= CampaignAuthor {
			out = append(out, sum(OneAuthor, said, members))
		}
	}
	slices.SortFunc(out, func(a, b Campaign) int {
		return cmp.Or(cmp.Compare(b.Comments+b.Likes, a.Comments+a.Likes), cmp.Compare(a.Pattern, b.Pattern), cmp.Compare(a.Members[0], b.Members[0]))
	})
	return out
}

func sum(p Pattern, said []Said, members []int) Campaign {
	c := Campaign{Pattern: p, Members: members, Comments: len(members)}
	seen := map[string]bool{}
	for _, i := range members {
		c.Likes += said[i].Likes
		if a := said[i].Author; a == "" || !seen[a] {
			seen[a] = true
			c.Authors++
		}
	}
	return c
}

// Size is how loud a theme is, in four ways that must stand side by side: a
// campaign is one voice, and its size is not hidden.
type Size struct {
	Voices   int // comments of one author, and near-duplicates, are one voice
	Authors  int // different people; every comment without an author counts as one
	Comments int
	Likes    int
}

// Measure counts comments under one theme; groups are those of NearDuplicates,
// parallel to said.
func Measure(said []Said, groups []int32) Size {
	u := newUnion(len(said))
	byGroup, byAuthor := map[int32]int32{}, map[string]int32{}
	z := Size{Comments: len(said)}
	for i, s := range said {
		z.Likes += s.Likes
		if j, ok := byGroup[groups[i]]; ok {
			u.join(j, int32(i))
		} else {
			byGroup[groups[i]] = int32(i)
		}
		switch j, ok := byAuthor[s.Author]; {
		case s.Author == "":
			z.Authors++
		case ok:
			u.join(j, int32(i))
		default:
			byAuthor[s.Author] = int32(i)
			z.Authors++
		}
	}
	for i := range said {
		if u.find(int32(i)) == int32(i) {
			z.Voices++
		}
	}
	return z
}
