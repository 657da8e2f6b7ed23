package demo

import "fmt"

// posts are the posts of a committee in the order in which they are filled:
// each committee has a secretary and a director, then workers by task.
var posts = []string{"书记", "主任", "副主任", "社区工作者（民政）", "社区工作者（治理）", "社区工作者（综合）", "社区工作者（平安）", "社区工作者（助老）"}

// makeWorkers gives each committee five to eight workers.
func (w *World) makeWorkers() {
	r := stream(w.Seed, stageWorkers, 0)
	for i := range w.committees {
		for _, post := range posts[:5+r.IntN(4)] {
			w.Workers = append(w.Workers, Worker{No: fmt.Sprintf("SG%05d", len(w.Workers)+1), Name: officialName(r),
				Post: post, AreaCode: w.committees[i].code})
		}
	}
}
