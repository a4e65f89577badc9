package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parser goes through a signature policy: GATE(P, P, …), where each P is a gate again, or a
// principal 'MSPID.role'. OutOf has a number before its Ps. It finds what is wrong, and where;
// what is right the peer's own code reads (common/policydsl).
type parser struct {
	text  string
	at    int
	known []string // MSP IDs
}

var (
	principalForm = regexp.MustCompile(`^([[:alnum:].-]+)[.](admin|member|client|peer|orderer)$`)
	gateForm      = regexp.MustCompile(`^(AND|And|and|OR|Or|or|OUTOF|OutOf|outof)$`)
	wordForm      = regexp.MustCompile(`^[[:alnum:]_.-]+`)
)

func (p *parser) policy() *mistake {
	p.space()
	if p.peek() == '\'' || p.peek() == '"' {
		return p.wrong("a policy begins with AND, OR or OutOf")
	}
	if wrong := p.gate(); wrong != nil {
		return wrong
	}
	p.space()
	if p.at < len(p.text) {
		return p.wrong("the policy has ended before it")
	}
	return nil
}

func (p *parser) gate() *mistake {
	word := wordForm.FindString(p.text[p.at:])
	switch {
	case word == "" && p.at == len(p.text):
		return p.wrong("AND, OR or OutOf is missing here")
	case principalForm.MatchString(word):
		return p.wrong("a principal stands in quotes: '" + word + "'")
	case !gateForm.MatchString(word):
		return p.wrong("AND, OR or OutOf is expected here")
	}
	p.at += len(word)
	p.space()
	if wrong := p.take('(', word); wrong != nil {
		return wrong
	}
	needed, from := 0, p.at
	if strings.EqualFold(word, "outof") {
		var wrong *mistake
		if needed, wrong = p.number(); wrong != nil {
			return wrong
		}
	}
	count, wrong := p.operands(word)
	if wrong == nil && needed > count {
		p.at = from
		return p.wrong(fmt.Sprintf("%d have to sign, and only %d are listed", needed, count))
	}
	return wrong
}

// number is the first operand of OutOf, with the comma behind it.
func (p *parser) number() (int, *mistake) {
	p.space()
	digits := wordForm.FindString(p.text[p.at:])
	number, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return 0, p.wrong("OutOf begins with how many must sign: OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')")
	}
	p.at += len(digits)
	p.space()
	return int(number), p.take(',', "the number")
}

// operands are those up to the closing parenthesis, at least one.
func (p *parser) operands(gate string) (count int, wrong *mistake) {
	for {
		p.space()
		operand := p.gate
		if p.peek() == '\'' || p.peek() == '"' {
			operand = p.principal
		}
		if wrong := operand(); wrong != nil {
			return count, wrong
		}
		count++
		p.space()
		switch p.peek() {
		case ',':
			p.at++
		case ')':
			p.at++
			return count, nil
		default:
			return count, p.wrong("a , or the ) that ends " + gate + "( is missing here")
		}
	}
}

func (p *parser) principal() *mistake {
	quote := p.text[p.at : p.at+1]
	value, _, closed := strings.Cut(p.text[p.at+1:], quote)
	if !closed {
		return p.wrong("the quote that begins here does not end")
	}
	parts := principalForm.FindStringSubmatch(value)
	if parts == nil {
		return p.wrong(fmt.Sprintf("%q names nobody who could sign: it takes MSPID.ROLE, with the role peer, member, admin, client or orderer", value))
	}
	if !slices.Contains(p.known, parts[1]) {
		wrong := p.wrong("no org of the network has the MSP ID " + parts[1])
		wrong.fix = "use one of: " + strings.Join(p.known, ", ") + "; or add the org: orgs in ccdev.yaml"
		return wrong
	}
	p.at += len(value) + 2
	return nil
}

// take takes one character, which stands behind something.
func (p *parser) take(want byte, behind string) *mistake {
	if p.peek() != want {
		return p.wrong(fmt.Sprintf("a %c is missing behind %s", want, behind))
	}
	p.at++
	return nil
}

func (p *parser) space() {
	p.at += len(p.text[p.at:]) - len(strings.TrimLeft(p.text[p.at:], " \t\r\n"))
}

// peek is the next character; 0 at the end.
func (p *parser) peek() byte {
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *parser) wrong(what string) *mistake { return &mistake{at: p.at, what: what} }
