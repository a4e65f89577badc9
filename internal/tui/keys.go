package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// binding is a key and what it does, as the footer and the help tell it.
type binding struct{ key, does string }

// key takes a key: for the prompt, else for the overlay, else for the panes.
func (m *model) key(k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "ctrl+c":
		return m.interrupt()
	case "ctrl+z":
		return tea.Suspend
	}
	if m.prompt != nil {
		return m.promptKey(k)
	}
	if m.overlay != nil {
		var cmd tea.Cmd
		m.overlay, cmd = m.overlay.key(m, k)
		return cmd
	}
	if cmd, done := m.everywhere(k.String()); done {
		return cmd
	}
	switch m.focus {
	case paneLogs:
		return m.logsKey(k.String())
	case paneTransactions:
		return m.transactionsKey(k.String())
	default:
		return m.statusKey(k.String())
	}
}

// interrupt is Ctrl-C: it copies a selection, closes what is open, or asks; a second one stops.
func (m *model) interrupt() tea.Cmd {
	_, asking := m.overlay.(quitting)
	switch {
	case asking:
		return m.leave(Stop)
	case m.logs.Selecting():
		return m.copySelection()
	case m.prompt != nil:
		m.prompt = nil
	case m.overlay != nil:
		m.overlay = nil
	default:
		m.overlay = quitting{m.world.running()}
	}
	return nil
}

// everywhere takes the keys that mean the same in every pane.
func (m *model) everywhere(key string) (tea.Cmd, bool) {
	switch key {
	case "1", "2", "3":
		m.focusOn(pane(key[0] - '1'))
	case "tab":
		m.focusOn((m.focus + 1) % panes)
	case "shift+tab":
		m.focusOn((m.focus + panes - 1) % panes)
	case "f":
		m.full = !m.full
	case "m":
		m.mouse = !m.mouse
		m.say(map[bool]string{true: "the mouse scrolls and chooses; m gives it back to the terminal", false: "the mouse selects text, as in any terminal"}[m.mouse])
	case "?":
		m.overlay = &help{}
	case "q":
		m.overlay = quitting{m.world.running()}
	default:
		return m.act(key)
	}
	return nil, true
}

// act takes the keys that do something to the network: one that does not run can only be started.
func (m *model) act(key string) (tea.Cmd, bool) {
	if !slices.Contains([]string{"d", "i", "b", "r", "R", "W"}, key) {
		return nil, false
	}
	switch {
	case m.world.running():
		return m.on(key), true
	case m.world.failed == nil:
		m.say("the network is not up yet")
	case key == "r":
		return m.retry(), true
	default:
		m.say("the network does not run: r starts it")
	}
	return nil, true
}

// on takes the keys that do something to a network that runs.
func (m *model) on(key string) tea.Cmd {
	switch key {
	case "d":
		return m.leave(Leave)
	case "i":
		return m.call()
	case "b":
		return m.open(newBrowser(m))
	case "r":
		m.say("reloading")
		return m.try(func() error { return m.options.Backend.Reload(m.ctx, m.chaincode()) })
	case "R":
		m.say("deploying the next sequence")
		return m.try(func() error { return m.options.Backend.Deploy(m.ctx, m.chaincode(), true) })
	case "W":
		m.watching = !m.watching
		watching := m.watching
		return m.do(func() tea.Msg {
			m.options.Backend.Watch(watching)
			return flashMsg(map[bool]string{true: "changes are taken live again", false: "changes are not taken live; W goes on"}[watching])
		})
	}
	return nil
}

// opener is an overlay that has something to fetch.
type opener interface {
	overlay
	open(m *model) tea.Cmd
}

func (m *model) open(o opener) tea.Cmd {
	m.overlay = o
	return o.open(m)
}

// try does what may fail, and shows the fault if it does.
func (m *model) try(f func() error) tea.Cmd {
	return m.do(func() tea.Msg {
		if err := f(); err != nil {
			return faultMsg{err}
		}
		return nil
	})
}

func (m *model) focusOn(p pane) {
	m.focus = p
}

// chaincode is the one that keys are about: the one that has failed or crashed, else the first.
func (m *model) chaincode() string {
	if c := m.world.failure(); c != nil {
		return c.Chaincode
	}
	if c := m.world.crashed(); c != nil {
		return c.Name
	}
	if all := m.world.status.Chaincodes; len(all) > 0 {
		return all[0].Name
	}
	return ""
}

func (m *model) statusKey(key string) tea.Cmd {
	if key == "enter" {
		return m.editFailure()
	}
	m.status.travel(key, m.layout().status.height-3)
	return nil
}

func (m *model) transactionsKey(key string) tea.Cmd {
	if m.txs.travel(key, m.layout().transactions.height-3) {
		return nil
	}
	t, ok := m.selected()
	if !ok {
		return nil
	}
	switch key {
	case "enter":
		return m.open(newTraceView(t))
	case "y":
		return m.copyCall(t, ccdevCall)
	case "Y":
		return m.copyCall(t, peerCall)
	}
	return nil
}
