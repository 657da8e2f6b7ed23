package field

import "gongping/survey/instrument"

// heldAnswer is a submission that is kept and not counted, as it stands sealed
// in response_held.payload.
type heldAnswer struct {
	Response, Case, Mode, Evaluator string
	Answers                         instrument.Answers
	Version                         int    `json:",omitempty"`
	Seconds                         int    `json:",omitempty"`
	Hour                            int    `json:",omitempty"`
	Taps                            int    `json:",omitempty"`
	Device                          Device `json:",omitzero"`
}
