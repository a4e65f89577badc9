package tui

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"
	"charm.land/lipgloss/v2"
	"github.com/ccdev/ccdev/internal/contract"
	"github.com/ccdev/ccdev/internal/session"
)

// form asks for the arguments of one function.
type form struct {
	function  contract.Function
	form      *huh.Form
	args      []string
	transient string
	as        string
	submit    bool
}

func newForm(m *model, f contract.Function, users []session.User, as string, width int) *form {
	fm := &form{function: f, args: make([]string, len(f.Parameters)), as: as, submit: f.Submit}
	var fields []huh.Field
	for i, p := range f.Parameters {
		fields = append(fields, huh.NewInput().Title(strings.TrimSpace(p.Name+" "+p.Type)).Prompt(" > ").Value(&fm.args[i]).Validate(validator(p.Type)).Inline(true))
	}
	fields = append(fields, huh.NewInput().Title("transient NAME=VALUE, if any").Prompt(" > ").Value(&fm.transient).Validate(checkTransient).Inline(true))
	if len(users) > 1 {
		var names []string
		for _, u := range users {
			names = append(names, u.Name+"@"+u.Org)
		}
		if fm.as == "" {
			fm.as = names[0]
		}
		fields = append(fields, huh.NewSelect[string]().Title("as (←→ changes it)").Options(huh.NewOptions(names...)...).Value(&fm.as).Inline(true))
	}
	fields = append(fields, huh.NewConfirm().Title("how (←→ changes it) ").Affirmative("submit").Negative("evaluate").Value(&fm.submit).Inline(true))
	dark := m.dark
	fm.form = huh.NewForm(huh.NewGroup(fields...).Title(f.Name)).WithShowHelp(false).WithWidth(max(width, 20)).
		WithTheme(huh.ThemeFunc(func(bool) *huh.Styles { return formStyles(dark) }))
	return fm
}

// formStyles are huh's plainest ones, in the screen's colours.
func formStyles(dark bool) *huh.Styles {
	s := huh.ThemeBase(dark)
	s.Focused.Title = s.Focused.Title.Bold(true)
	s.Blurred.NextIndicator, s.Blurred.PrevIndicator = s.Focused.NextIndicator, s.Focused.PrevIndicator
	s.Focused.FocusedButton = lipgloss.NewStyle().Reverse(true).Padding(0, 1)
	s.Focused.BlurredButton = lipgloss.NewStyle().Padding(0, 1)
	s.Blurred.FocusedButton = lipgloss.NewStyle().Bold(true).Underline(true).Padding(0, 1)
	s.Blurred.BlurredButton = s.Focused.BlurredButton
	return s
}

func (f *form) update(msg tea.Msg) tea.Cmd {
	next, cmd := f.form.Update(msg)
	if form, ok := next.(*huh.Form); ok {
		f.form = form
	}
	return cmd
}

// lines are the form, in so many lines that the field to fill is among them.
func (f *form) lines(height int) []string {
	return strings.Split(f.form.WithHeight(max(height, 1)).View(), "\n")
}

// chooses says whether the field to fill is one that is not written.
func (f *form) chooses() bool {
	switch f.form.GetFocusedField().(type) {
	case *huh.Select[string], *huh.Confirm:
		return true
	}
	return false
}

// made gives the call, once the form is complete.
func (f *form) made() (call, bool) {
	if f.form.State != huh.StateCompleted {
		return call{}, false
	}
	c := call{Function: f.function.Name, Args: f.args, As: f.as, Submit: f.submit}
	if name, value, found := strings.Cut(f.transient, "="); found {
		c.Transient = map[string]string{name: value}
	}
	return c, true
}

func checkTransient(text string) error {
	if text != "" && !strings.Contains(text, "=") {
		return errors.New("write NAME=VALUE")
	}
	return nil
}

// validator checks what is written for a parameter of a JSON type.
func validator(kind string) func(string) error {
	return func(text string) error {
		switch kind {
		case "integer":
			if _, err := strconv.ParseInt(text, 10, 64); err != nil {
				return errors.New("write a whole number")
			}
		case "number":
			if _, err := strconv.ParseFloat(text, 64); err != nil {
				return errors.New("write a number")
			}
		case "boolean":
			if text != "true" && text != "false" {
				return errors.New("write true or false")
			}
		case "object", "array":
			if !json.Valid([]byte(text)) {
				return fmt.Errorf("write a JSON %s", kind)
			}
		}
		return nil
	}
}
