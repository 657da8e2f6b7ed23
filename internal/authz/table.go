package authz

// Action is something a use case does.
type Action string

// The actions of the system.
const (
	AreaRead          Action = "area.read"
	AreaImport        Action = "area.import"
	WorkerRead        Action = "worker.read"
	WorkerImport      Action = "worker.import"
	FrameImport       Action = "frame.import"
	FrameRead         Action = "frame.read" // counts and audit, never names
	FrameFreeze       Action = "frame.freeze"
	FrameReceipt      Action = "frame.receipt" // hand a resident the code of the own receipt
	QuestionnaireRead Action = "questionnaire.read"
	QuestionnaireEdit Action = "questionnaire.edit"
	RuleBookRead      Action = "rule_book.read"
	RuleBookEdit      Action = "rule_book.edit"
	RoundRead         Action = "round.read"
	RoundEdit         Action = "round.edit"
	RoundFreeze       Action = "round.freeze"
	RoundStep         Action = "round.step" // open, close, cancel
	DrawCommit        Action = "draw.commit"
	DrawReveal        Action = "draw.reveal" // by somebody else than who committed
	DrawRead          Action = "draw.read"   // digests, counts, bundle
	DrawAnnex         Action = "draw.annex"  // who lives together and who of them was drawn, by frame ids
	CaseList          Action = "case.list"   // own cases
	CaseAssign        Action = "case.assign"
	CaseRead          Action = "case.read" // progress of any case, no names
	IdentityRead      Action = "identity.read"
	AttemptRecord     Action = "attempt.record"
	ReserveRelease    Action = "reserve.release"
	ResponseSubmit    Action = "response.submit"
	QueueImport       Action = "queue.import" // hand in a phone's exported queue
	HeldDecide        Action = "held.decide"  // admit or leave out an answer that came too late
	LinkIssue         Action = "link.issue"
	FieldworkRead     Action = "fieldwork.read"
	FieldworkLive     Action = "fieldwork.live"     // as it happens; without it as of the last midnight that moved
	QualityRead       Action = "quality.read"       // findings, without answers
	QualitySignals    Action = "quality.signals"    // findings from residents' signals, and details of buildings
	QualityScan       Action = "quality.scan"       // run the detectors
	QualityDecide     Action = "quality.decide"     // decide about a finding
	ResponseSetAside  Action = "response.set_aside" // by somebody else than who confirmed the finding
	BackCheckDraw     Action = "backcheck.draw"     // draw, hand over, end
	BackCheckRecord   Action = "backcheck.record"
	IndicatorImport   Action = "indicator.import"
	PanelRate         Action = "panel.rate"
	PanelImport       Action = "panel.import"
	PanelManage       Action = "panel.manage"   // who rates whom, conflicts of interest
	PanelRead         Action = "panel.read"     // fair averages and how each reviewer rates
	PanelEvidence     Action = "panel.evidence" // attach and read what a rating rests on
	RecordRead        Action = "record.read"    // monthly records, flags, workload
	RecordDecide      Action = "record.decide"  // whether a flagged record is scored
	TaskRead          Action = "task.read"      // the register of handed-down tasks
	TaskEdit          Action = "task.edit"
	UpwardAnswer      Action = "upward.answer" // rate departments, optional and anonymous
	UpwardManage      Action = "upward.manage" // open and close the upward survey
	UpwardRead        Action = "upward.read"   // its results, from the least cell on
	SurveyImport      Action = "survey.import"
	RunStart          Action = "run.start"
	RunPublish        Action = "run.publish"
	RunRead           Action = "run.read"         // results within the area
	RunReadAnswers    Action = "run.read_answers" // influence ledger, answers without identities
	RunRebuild        Action = "run.rebuild"
	ResultExport      Action = "result.export"
	AppealFile        Action = "appeal.file"
	AppealRead        Action = "appeal.read"
	AppealAccept      Action = "appeal.accept"
	AppealDecide      Action = "appeal.decide"
	AppealWithdraw    Action = "appeal.withdraw"
	GradePropose      Action = "grade.propose" // make proposals from a published run
	GradeRead         Action = "grade.read"
	GradeSign         Action = "grade.sign" // put one's name under a grade or a consequence
	GradeExport       Action = "grade.export"
	TrialFile         Action = "trial.file" // ask the panel to excuse a trial
	TrialVote         Action = "trial.vote"
	LadderRead        Action = "ladder.read"
	LadderEdit        Action = "ladder.edit"
	AuditRead         Action = "audit.read"
	AccountManage     Action = "account.manage"
	AccountSelf       Action = "account.self" // own password, own tokens
	ReceiptUse        Action = "receipt.use"  // withdraw, signal: by the holder of a receipt
	SignalRead        Action = "signal.read"  // what residents tell auditors about being coached or pressed
	CallCode          Action = "call.code"
	PaperPrint        Action = "paper.print"
	PaperEnter        Action = "paper.enter"
	FieldConsent      Action = "field.consent" // say that the phone may tell its distance from the building
	PhoneWatch        Action = "phone.watch"   // the phones of evaluators, when they last synchronised
	PhoneBlock        Action = "phone.block"   // block a lost one, and let it in again

	NoticeRead       Action = "notice.read"       // results on public notice, without signing in too
	AppealObject     Action = "appeal.object"     // against a result on public notice
	AppealAsk        Action = "appeal.ask"        // for more time
	AppealStatistics Action = "appeal.statistics" // numbers of appeals, small ones left out
	ConflictRecord   Action = "conflict.record"   // an entry in the sealed register, before the draw
	ConflictRead     Action = "conflict.read"     // own entries
	ConflictMatch    Action = "conflict.match"    // in the server only: nobody learns the outcome

	DepartmentRead  Action = "department.read"  // a department's card: counts, never words
	DepartmentEdit  Action = "department.edit"  // the list of departments
	DepartmentReply Action = "department.reply" // the department answers for itself
	CommentImport   Action = "comment.import"   // take comments in, from rounds and files
	CommentRead     Action = "comment.read"     // masked words, without committee below the cell
	CommentCode     Action = "comment.code"
	CommentThemes   Action = "comment.themes"   // counts by topic, suppressed
	AttributionAsk  Action = "attribution.ask"  // that an attribution be withdrawn or corrected
	AttributionRule Action = "attribution.rule" // by somebody else than who asked or coded the text
	CodebookRead    Action = "codebook.read"
	CodebookEdit    Action = "codebook.edit"
)

type row = map[Role]Scope

// everyone are the roles of signed-in people.
func everyone(s Scope) row {
	r := row{System: InDistrict}
	for _, role := range Roles {
		r[role] = s
	}
	return r
}

func with(base row, more row) row {
	r := row{System: InDistrict}
	for k, v := range base {
		r[k] = v
	}
	for k, v := range more {
		r[k] = v
	}
	return r
}

func only(more row) row { return with(nil, more) }

// table is the whole of access. A worker's InArea is one committee, a leader's
// one street or the district; evaluators hold the district but see cases only
// by assignment. System has every action that a person has.
var table = map[Action]row{
	AreaRead:          everyone(InDistrict),
	AreaImport:        only(row{Admin: InArea, Manager: InArea}),
	WorkerRead:        only(row{Admin: InArea, Manager: InArea, Leader: InArea, Auditor: InArea}),
	WorkerImport:      only(row{Admin: InArea, Manager: InArea}),
	FrameImport:       only(row{Manager: InArea}),
	FrameRead:         only(row{Manager: InArea, Supervisor: InArea, Auditor: InArea, Leader: InArea}),
	FrameFreeze:       only(row{Manager: InArea}),
	FrameReceipt:      only(row{Manager: InArea, Supervisor: InArea}),
	QuestionnaireRead: everyone(InDistrict),
	QuestionnaireEdit: only(row{Manager: InArea}),
	RuleBookRead:      everyone(InDistrict),
	RuleBookEdit:      only(row{Manager: InArea}),
	RoundRead:         everyone(InDistrict),
	RoundEdit:         only(row{Manager: InArea}),
	RoundFreeze:       only(row{Manager: InArea}),
	RoundStep:         only(row{Manager: InArea}),
	DrawCommit:        only(row{Manager: InArea}),
	DrawReveal:        only(row{Manager: NotMade, Auditor: NotMade}),
	DrawRead:          everyone(InDistrict),
	DrawAnnex:         only(row{Auditor: InArea}),
	CaseList:          only(row{Evaluator: InArea}),
	CaseAssign:        only(row{Manager: InArea, Supervisor: InArea}),
	CaseRead:          only(row{Evaluator: Assigned, Supervisor: InArea, Manager: InArea, Auditor: InArea}),
	IdentityRead:      only(row{Evaluator: Assigned}),
	AttemptRecord:     only(row{Evaluator: Assigned, Resident: OwnCase}),
	ReserveRelease:    only(row{Evaluator: Assigned, Supervisor: InArea}),
	ResponseSubmit:    only(row{Evaluator: Assigned, Resident: OwnCase}),
	QueueImport:       only(row{Evaluator: Own, Supervisor: InArea, Manager: InArea}),
	HeldDecide:        only(row{Supervisor: InArea, Manager: InArea}),
	LinkIssue:         only(row{Evaluator: Assigned, Supervisor: InArea}),
	FieldworkRead:     only(row{Manager: InArea, Supervisor: InArea, Leader: InArea, Auditor: InArea}),
	FieldworkLive:     only(row{Manager: InArea, Supervisor: InArea, Auditor: InArea}),
	QualityRead:       only(row{Manager: InArea, Supervisor: InArea, Auditor: InArea}),
	QualitySignals:    only(row{Auditor: InArea}),
	QualityScan:       only(row{Manager: InArea, Supervisor: InArea, Auditor: InArea}),
	QualityDecide:     only(row{Supervisor: InArea, Auditor: InArea}),
	ResponseSetAside:  only(row{Manager: NotMade}),
	BackCheckDraw:     only(row{Manager: InArea, Supervisor: InArea}),
	BackCheckRecord:   only(row{Evaluator: Assigned}),
	IndicatorImport:   only(row{Manager: InArea}),
	PanelRate:         only(row{Panel: InArea}),
	PanelImport:       only(row{Manager: InArea}),
	PanelManage:       only(row{Manager: InArea}),
	PanelRead:         only(row{Manager: InArea, Auditor: InArea}),
	PanelEvidence:     only(row{Manager: InArea, Panel: InArea, Auditor: InArea}),
	RecordRead:        only(row{Manager: InArea, Leader: InArea, Worker: OwnArea, Panel: InArea, Auditor: InArea}),
	RecordDecide:      only(row{Manager: InArea}),
	TaskRead:          with(everyone(InDistrict), row{Department: OwnDepartment}),
	TaskEdit:          only(row{Manager: InArea, Leader: InArea}),
	UpwardAnswer:      only(row{Worker: OwnArea}),
	UpwardManage:      only(row{Manager: InArea}),
	UpwardRead:        with(everyone(InDistrict), row{Department: OwnDepartment}),
	SurveyImport:      only(row{Manager: InArea}),
	RunStart:          only(row{Manager: InArea}),
	RunPublish:        only(row{Manager: InArea}),
	RunRead:           only(row{Manager: InArea, Leader: InArea, Worker: OwnArea, Panel: InArea, Auditor: InArea}),
	RunReadAnswers:    only(row{Auditor: InArea}),
	RunRebuild:        only(row{Manager: InArea, Auditor: InArea}),
	ResultExport:      only(row{Manager: InArea, Leader: InArea, Auditor: InArea}),
	AppealFile:        only(row{Worker: OwnArea}),
	AppealRead:        only(row{Worker: Own, Panel: Assigned, Manager: InArea, Auditor: InArea}),
	AppealAccept:      only(row{Manager: InArea}),
	AppealDecide:      only(row{Panel: NotMade}),
	AppealWithdraw:    only(row{Worker: Own}),
	AppealAsk:         only(row{Worker: Own, Panel: Assigned}),
	GradePropose:      only(row{Manager: InArea}),
	GradeRead:         only(row{Manager: InArea, Leader: InArea, Worker: OwnArea, Panel: InArea, Auditor: InArea}),
	GradeSign:         only(row{Leader: InArea}),
	GradeExport:       only(row{Manager: InArea, Leader: InArea, Auditor: InArea}),
	TrialFile:         only(row{Manager: InArea, Leader: InArea}),
	TrialVote:         only(row{Panel: NotMade}),
	LadderRead:        only(row{Manager: InArea, Leader: InArea, Auditor: InArea}),
	LadderEdit:        only(row{Manager: InArea}),
	AuditRead:         only(row{Auditor: InArea}),
	AccountManage:     only(row{Admin: InArea}),
	AccountSelf:       everyone(Own),
	ReceiptUse:        only(row{Resident: InDistrict}),
	SignalRead:        only(row{Auditor: InArea}),
	CallCode:          only(row{Evaluator: Assigned}),
	PaperPrint:        only(row{Supervisor: InArea}),
	PaperEnter:        only(row{Evaluator: InDistrict, Supervisor: InArea}),
	FieldConsent:      only(row{Evaluator: Own}),
	PhoneWatch:        only(row{Evaluator: Own, Supervisor: InArea, Manager: InArea, Auditor: InArea}),
	PhoneBlock:        only(row{Evaluator: Own, Supervisor: InArea, Manager: InArea}),

	NoticeRead:       with(everyone(InDistrict), row{Resident: InDistrict}),
	AppealObject:     only(row{Worker: InDistrict, Leader: InDistrict, Auditor: InDistrict, Department: InDistrict, Resident: InDistrict}),
	AppealStatistics: only(row{Manager: InArea, Leader: InArea, Auditor: InArea}),
	ConflictRecord:   only(row{Worker: OwnArea}),
	ConflictRead:     only(row{Worker: Own}),
	ConflictMatch:    only(nil),

	DepartmentRead:  with(everyone(InDistrict), row{Department: OwnDepartment}),
	DepartmentEdit:  only(row{Admin: InArea, Manager: InArea}),
	DepartmentReply: only(row{Department: OwnDepartment}),
	// Who manages the rounds takes comments in and does not code them; who codes
	// them sees neither committee nor marks; whom they are about never sees them.
	CommentImport: only(row{Manager: InArea}),
	CommentRead:   only(row{Supervisor: InArea, Panel: InArea, Auditor: InArea}),
	CommentCode:   only(row{Supervisor: InArea, Panel: InArea}),

	AttributionAsk:  only(row{Supervisor: InArea, Panel: InArea, Auditor: InArea}),
	AttributionRule: only(row{Supervisor: NotMade, Panel: NotMade}),
	CommentThemes:   only(row{Manager: InArea, Supervisor: InArea, Leader: InArea, Worker: OwnArea, Panel: InArea, Auditor: InArea}),
	CodebookRead:    everyone(InDistrict),
	CodebookEdit:    only(row{Manager: InArea}),
}

// Actions lists every action of the table, for tests and the access page.
func Actions() []Action {
	list := make([]Action, 0, len(table))
	for a := range table {
		list = append(list, a)
	}
	return list
}
