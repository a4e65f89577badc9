package event

type (
	// ScenarioStep is a step of a scenario that comes next. It runs a command, or changes a file,
	// or is only read.
	ScenarioStep struct {
		Number  int    `json:"number"` // from 1
		Total   int    `json:"total"`
		Title   string `json:"title"`
		Text    string `json:"text"`              // Markdown
		Command string `json:"command,omitempty"` // as a user would type it
		File    string `json:"file,omitempty"`
		Change  string `json:"change,omitempty"` // of the file: its lines, each after "+ " or "- "
	}

	// ScenarioOutput is a line that a command of a scenario has written.
	ScenarioOutput struct {
		Text string `json:"text"`
	}

	// ScenarioCheck is something that was expected after a step, and is true.
	ScenarioCheck struct {
		That string `json:"that"`
	}
)

// Name implements Event.
func (ScenarioStep) Name() string { return "scenario_step" }

// Name implements Event.
func (ScenarioOutput) Name() string { return "scenario_output" }

// Name implements Event.
func (ScenarioCheck) Name() string { return "scenario_check" }
