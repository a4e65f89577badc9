package tui

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// prompt is a question that the footer asks.
type prompt struct {
	about string
	input textinput.Model
	take  func(text string) tea.Cmd
}

// ask asks for a text, and gives it to take.
func (m *model) ask(about, text string, take func(string) tea.Cmd) {
	input := textinput.New()
	input.Prompt = ""
	input.SetValue(text)
	input.CursorEnd()
	input.Focus()
	m.prompt = &prompt{about, input, take}
}

func (m *model) promptKey(k tea.KeyPressMsg) tea.Cmd {
	p := m.prompt
	switch k.String() {
	case "enter":
		m.prompt = nil
		return p.take(p.input.Value())
	case "esc":
		m.prompt = nil
		return nil
	}
	var cmd tea.Cmd
	p.input, cmd = p.input.Update(k)
	return cmd
}

// paste takes a text from the terminal's clipboard.
func (m *model) paste(msg tea.PasteMsg) tea.Cmd {
	if m.prompt != nil {
		var cmd tea.Cmd
		m.prompt.input, cmd = m.prompt.input.Update(msg)
		return cmd
	}
	if o, ok := m.overlay.(messenger); ok {
		var cmd tea.Cmd
		m.overlay, cmd = o.message(m, msg)
		return cmd
	}
	return nil
}

func (p *prompt) view(m *model) string {
	keys := m.keysText(m.width / 2)
	head := " " + m.theme.key.Render(p.about+":") + " "
	p.input.SetWidth(max(m.width-ansi.StringWidth(head)-ansi.StringWidth(keys)-3, 8))
	return head + p.input.View() + "  " + keys
}
