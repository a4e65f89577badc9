package tui

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/atotto/clipboard"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/scrollback"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/charmbracelet/colorprofile"
)

// Bounds of the logs that are kept.
const (
	maxLines = 100_000
	maxBytes = 64 << 20
)

// pane is a part of the screen that can have the focus.
type pane int

const (
	paneStatus pane = iota
	paneLogs
	paneTransactions
	panes
)

// model is the screen. Update and View alone touch it, and neither does any I/O.
type model struct {
	ctx     context.Context
	options Options
	now     time.Time

	width, height int
	dark          bool
	profile       colorprofile.Profile
	theme         theme

	world    world
	mode     mode // when it was last looked at
	buffer   *scrollback.Buffer
	logs     *scrollback.View
	tab      int  // index into tabs
	times    bool // shown beside the logs
	filter   string
	search   string
	focus    pane
	full     bool // the focused pane has the whole screen
	mouse    bool
	watching bool
	status   list // of the status pane: it scrolls
	txs      list

	overlay overlay // nil for none
	calling *drawer // whose call runs, or has ended while another overlay was shown, or none
	prompt  *prompt // nil for none
	flash   flash

	work     work
	choice   Choice
	gaveUp   error
	panicked atomic.Pointer[crash]
}

// flash is a line that the footer shows for a moment.
type flash struct {
	text  string
	until time.Time
}

// overlay is what lies over the panes, and takes the keys.
type overlay interface {
	key(m *model, k tea.KeyPressMsg) (overlay, tea.Cmd)
	// view gives the overlay's title and lines, for a room of that many cells.
	view(m *model, width, height int) (title string, lines []string)
	keys() []binding
}

// messenger is an overlay that also takes what its commands bring.
type messenger interface {
	message(m *model, msg tea.Msg) (overlay, tea.Cmd)
}

var _ = []messenger{(*drawer)(nil), (*browser)(nil), (*traceView)(nil)}

func newModel(ctx context.Context, o Options) *model {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Copy == nil {
		o.Copy = clipboard.WriteAll
	}
	m := &model{
		ctx: ctx, options: o, now: o.Now(), width: 80, height: 24, dark: true, profile: colorprofile.TrueColor,
		buffer: scrollback.New(maxLines, maxBytes), focus: paneLogs, watching: o.Watching,
	}
	m.theme = newTheme(m.dark, m.profile)
	m.logs = scrollback.NewView(m.buffer)
	m.resize()
	return m
}

// Init implements tea.Model.
func (m *model) Init() tea.Cmd {
	return tea.Batch(tea.RequestBackgroundColor, m.options.Feed.next(m.ctx), m.start(), m.look(), m.tick())
}

type (
	workEndedMsg struct{ err error }
	statusMsg    struct {
		status session.Status
		err    error
	}
	tickMsg  time.Time
	flashMsg string
	faultMsg struct{ err error }
)

// start begins the work.
func (m *model) start() tea.Cmd {
	return m.do(func() tea.Msg {
		if !m.work.begin() {
			return nil
		}
		defer m.work.done()
		err := m.options.Work(m.ctx, func(without error) { m.options.Feed.Sink(isUp{without}) })
		return workEndedMsg{err}
	})
}

// isUp is the feed's own: the network has come up, with its chaincode or without.
type isUp struct{ without error }

// Name implements event.Event.
func (isUp) Name() string { return "up" }

// Pace of looking at the network, and of drawing elapsed times.
const (
	statusPace = 2 * time.Second
	tickPace   = 100 * time.Millisecond
	idlePace   = time.Second
)

// look asks for the network's status; it is asked for again once the answer is there.
func (m *model) look() tea.Cmd {
	return m.do(func() tea.Msg {
		st, err := m.options.Backend.Status(m.ctx)
		return statusMsg{st, err}
	})
}

func (m *model) lookLater() tea.Cmd {
	look := m.look()
	return tea.Tick(statusPace, func(time.Time) tea.Msg { return look() })
}

func (m *model) tick() tea.Cmd {
	pace := idlePace
	if m.world.mode() != modeLive {
		pace = tickPace
	}
	return tea.Tick(pace, func(time.Time) tea.Msg { return tickMsg(m.options.Now()) })
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	defer m.resize()
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return m, m.key(msg)
	case tea.PasteMsg:
		return m, m.paste(msg)
	case tea.MouseMsg:
		m.pointed(msg)
	case tea.WindowSizeMsg:
		m.width, m.height = max(msg.Width, 1), max(msg.Height, 1)
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.theme = newTheme(m.dark, m.profile)
	case tea.ColorProfileMsg:
		m.profile = msg.Profile
		m.theme = newTheme(m.dark, m.profile)
	default:
		return m, m.told(msg)
	}
	return m, nil
}

// told takes what is no input.
func (m *model) told(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case eventsMsg:
		m.happened(msg)
		return m.options.Feed.next(m.ctx)
	case statusMsg:
		m.world.looked(msg.status, msg.err)
		m.attend()
		return m.lookLater()
	case tickMsg:
		m.now = time.Time(msg)
		return m.tick()
	case workEndedMsg:
		return m.workEnded(msg.err)
	}
	return m.answered(msg)
}

// answered takes what the user's doings have brought.
func (m *model) answered(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case flashMsg:
		m.say(safe(string(msg)))
	case copyMsg:
		return m.clip(msg.text, msg.what)
	case resultMsg:
		m.called(msg)
	case faultMsg:
		m.overlay = newFailure(fault.From(msg.err))
	default:
		if o, ok := m.overlay.(messenger); ok {
			var cmd tea.Cmd
			m.overlay, cmd = o.message(m, msg)
			return cmd
		}
	}
	return nil
}

// say shows a line in the footer for a moment.
func (m *model) say(text string) { m.flash = flash{text, m.now.Add(4 * time.Second)} }

// happened takes events in.
func (m *model) happened(events []event.Event) {
	m.now = m.options.Now()
	chosen, _ := m.selected()
	for _, e := range events {
		switch e := e.(type) {
		case isUp:
			m.world.cameUp(e.without)
			if m.layout().narrow && m.focus == paneStatus {
				m.focus = paneLogs // the way up was told there
			}
		case event.Log:
			m.buffer.Append(scrollback.Line{Time: e.Time, Source: e.Service, Text: e.Text})
		default:
			e = cleaned(e)
			m.world.apply(e, m.now)
			m.chronicle(e)
		}
	}
	if m.txs.held {
		m.txs.at = max(m.world.find(chosen.TxID, chosen.Chaincode), 0) // earlier ones may have come, or gone
	}
	m.txs.grew(len(m.world.txs))
	m.attend()
}

// attend shows what matters now where there is room for one pane only: how far the network is on its
// way up, or what has just gone wrong.
func (m *model) attend() {
	mode := m.world.mode()
	switch {
	case mode == m.mode || !m.layout().narrow:
	case mode.bad() || mode == modeBooting:
		m.focus = paneStatus
	}
	m.mode = mode
}

// workEnded is the end of the work: of the network, or of the attempt to bring it up.
func (m *model) workEnded(err error) tea.Cmd {
	if m.ctx.Err() != nil {
		return nil
	}
	f := fault.From(err)
	if f == nil {
		f = fault.New(fault.Boot, `press r to start them again, or see how they ended: "ccdev status"`, "no service runs any more")
	}
	m.world.failed = f
	m.attend()
	m.build(strings.Split("failed: "+f.What, "\n")...)
	for _, l := range f.Log {
		m.build("  | " + l)
	}
	return nil
}

// retry brings the network up once more.
func (m *model) retry() tea.Cmd {
	m.world = world{ledger: m.world.ledger}
	return m.start()
}

// leave ends the screen.
func (m *model) leave(c Choice) tea.Cmd {
	m.choice = c
	if m.world.failed != nil && !m.world.up {
		m.gaveUp = m.world.failed
	}
	return tea.Quit
}

// resize gives the logs the room they have.
func (m *model) resize() {
	l := m.layout()
	m.logs.Resize(max(l.logs.width-2-m.margin(), 1), max(l.logs.height-2, 1))
}
