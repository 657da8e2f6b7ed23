package demo

import "gongping/survey/instrument"

// gradeItems are the five-grade items in the order of the model's effects.
var gradeItems = [...]string{"service_manner", "service_speed", "service_result", "env_clean", "env_safety",
	"env_property", "voice_open", "voice_council", "voice_notice", "overall"}

const nGrade = len(gradeItems)

// Ids of the other items.
const (
	itemContact = "contact"
	itemComment = "comment"
)

func text(zh, en string) instrument.Lang { return instrument.Lang{"zh": zh, "en": en} }

// DefaultQuestionnaire is the questionnaire that the product offers, which is
// also the one of the demonstration.
func DefaultQuestionnaire() instrument.Questionnaire { return instrument.Default() }
