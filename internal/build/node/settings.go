package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/ccdev/ccdev/internal/fault"
)

// Settings are the user's own for npm: registries, tokens, proxies, authorities. A container knows
// nothing of them. They go there with the sources, are there in a file while npm runs, and in no
// bundle, image or log.
type Settings struct {
	Config      string   `json:"config,omitempty"`      // the text of the user's .npmrc
	Variables   []string `json:"variables,omitempty"`   // KEY=VALUE
	Authorities string   `json:"authorities,omitempty"` // PEM: whom npm trusts besides, or instead of, the usual ones
	Only        bool     `json:"only,omitempty"`        // instead of
}

// settingsName is the entry among packed sources that holds the settings.
const settingsName = ".ccdev-npm.json"

// proxies are the variables that npm and Node take proxies from.
var proxies = []string{"http_proxy", "https_proxy", "no_proxy", "proxy"}

// reference is a variable in an .npmrc; with a question mark it need not be set.
var reference = regexp.MustCompile(`\$\{([A-Za-z0-9_]+)\??\}`)

// authorityFile is the line of an .npmrc that names a file of authorities.
var authorityFile = regexp.MustCompile(`(?m)^[ \t]*cafile[ \t]*=[ \t]*"?([^"\n\r]+?)"?[ \t\r]*$`)

// placeHere is a line of an .npmrc that names a place on this machine, as that of a cache.
var placeHere = regexp.MustCompile(`(?m)^[ \t]*[A-Za-z-]+[ \t]*=[ \t]*["']?/.*(\n|$)`)

// UserSettings reads what the user has set for npm: in the .npmrc in the folder home, or where
// npm_config_userconfig says, and in the environment environ. The project in the folder source may
// have an .npmrc that refers to variables; those go along.
func UserSettings(home, source string, environ []string) (Settings, error) {
	set := map[string]string{}
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		set[name] = value
		set[strings.ToLower(name)] = value
	}
	file := set["npm_config_userconfig"]
	if file == "" && home != "" {
		file = filepath.Join(home, npmConfig)
	}
	own, err := readIfThere(file)
	if err != nil {
		return Settings{}, err
	}
	projects, err := readIfThere(filepath.Join(source, npmConfig))
	if err != nil {
		return Settings{}, err
	}
	s := Settings{Config: placeHere.ReplaceAllString(own, ""), Variables: forNPM(environ, own+projects)}
	return s, s.trust(set, own)
}

func readIfThere(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return string(text), nil
	}
	return "", fault.New(fault.Build, "make it readable: npm needs it as well", "cannot read npm's configuration: %w", err)
}

// forNPM are the variables that mean something to an npm elsewhere: not those that name this
// machine's files.
func forNPM(environ []string, config string) []string {
	var wanted []string
	for _, found := range reference.FindAllStringSubmatch(config, -1) {
		wanted = append(wanted, found[1])
	}
	var variables []string
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		lower := strings.ToLower(name)
		known := slices.Contains(wanted, name) || slices.Contains(proxies, lower) || strings.HasPrefix(lower, "npm_config_")
		if known && !filepath.IsAbs(value) {
			variables = append(variables, v)
		}
	}
	return variables
}

// trust reads the authorities that the user has named: instead of the usual ones by npm's cafile,
// besides them by Node's variable.
func (s *Settings) trust(set map[string]string, config string) error {
	instead := set["npm_config_cafile"]
	if found := authorityFile.FindStringSubmatch(config); instead == "" && found != nil {
		instead = os.Expand(found[1], func(name string) string { return set[strings.TrimSuffix(name, "?")] })
	}
	for _, file := range []string{set["NODE_EXTRA_CA_CERTS"], instead} {
		text, err := readIfThere(file)
		if err != nil {
			return err
		}
		if text != "" {
			s.Only = s.Only || file == instead
			s.Authorities += strings.TrimSpace(text) + "\n"
		}
	}
	return nil
}

// pack adds the settings to the sources, if there are any.
func (s Settings) pack(entries []bundle.Entry) ([]bundle.Entry, error) {
	if s.Config == "" && s.Authorities == "" && len(s.Variables) == 0 {
		return entries, nil
	}
	text, err := json.Marshal(s)
	return append(entries, bundle.Entry{Name: settingsName, Mode: 0o600, Data: text}), err
}

// takeSettings takes the settings out of packed sources again.
func takeSettings(entries []bundle.Entry) (rest []bundle.Entry, s Settings, err error) {
	rest = slices.DeleteFunc(entries, func(e bundle.Entry) bool {
		if e.Name == settingsName {
			err = json.Unmarshal(e.Data, &s)
		}
		return e.Name == settingsName
	})
	return rest, s, err
}

// lay writes the settings into a folder for the user only, and gives the variables that have npm
// use them. The caller calls remove in the end.
func (s Settings) lay(dir string) (variables []string, remove func(), err error) {
	dir = filepath.Join(dir, "npm-settings")
	if err := os.RemoveAll(dir); err != nil { // of a build that was killed
		return nil, nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) } // the next build does it otherwise
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, nil, err
	}
	err = os.MkdirAll(dir, 0o700)
	variables = slices.Clone(s.Variables)
	put := func(name, text string, set ...string) {
		if text == "" || err != nil {
			return
		}
		file := filepath.Join(dir, name)
		err = os.WriteFile(file, []byte(text), 0o600)
		for _, variable := range set {
			variables = append(variables, variable+"="+file)
		}
	}
	put("npmrc", s.Config, "npm_config_userconfig")
	put("authorities.pem", s.Authorities, "NODE_EXTRA_CA_CERTS")
	if s.Only {
		put("only.pem", s.Authorities, "npm_config_cafile")
	}
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("npm's settings: %w", err)
	}
	return variables, remove, nil
}
