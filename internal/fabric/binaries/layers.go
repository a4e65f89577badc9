package binaries

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/ccdev/ccdev/internal/extbuilder"
	"github.com/ccdev/ccdev/internal/network"
)

const (
	builderDir = network.ContainerBuilderDir
	agentFile  = network.ContainerAgent
	programDir = "/usr/local/bin" // as in Fabric's own images
	searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// entry is one name in an image's files: a folder, unless it has one of link, file and text.
type entry struct {
	name string // absolute
	mode int64
	link string // target of a symbolic link
	file string // on this machine, to be copied
	text string
}

// rootEntries are what a program expects of any root file system. Fabric's external builder
// makes its build context in /tmp, and fails without it.
func rootEntries() []entry {
	return []entry{
		{name: "/tmp", mode: 0o1777},
		{name: "/etc", mode: 0o755},
		{name: "/etc/passwd", mode: 0o644, text: "root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"},
		{name: "/etc/group", mode: 0o644, text: "root:x:0:\nnobody:x:65534:\n"},
	}
}

// programEntries are a compiled program, where Fabric's own images have it.
func programEntries(name, file string) []entry {
	return []entry{
		{name: "/usr", mode: 0o755},
		{name: "/usr/local", mode: 0o755},
		{name: programDir, mode: 0o755},
		{name: path.Join(programDir, name), mode: 0o755, file: file},
	}
}

// agentEntries are ccdev, and the names the peer calls it by.
func agentEntries(agent string) []entry {
	bin := path.Join(builderDir, "bin")
	entries := []entry{
		{name: "/opt", mode: 0o755},
		{name: "/opt/ccdev", mode: 0o755},
		{name: path.Dir(agentFile), mode: 0o755},
		{name: agentFile, mode: 0o755, file: agent},
		{name: builderDir, mode: 0o755},
		{name: bin, mode: 0o755},
	}
	for _, name := range extbuilder.Programs() {
		entries = append(entries, entry{name: path.Join(bin, name), mode: 0o777, link: agentFile})
	}
	return entries
}

// withTar gives use the entries as a tar stream that is written while it is read. All times
// are zero and all belongs to root, so that the same entries are the same bytes.
func withTar(entries []entry, use func(io.Reader) error) error {
	r, w := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := writeTar(w, entries)
		_ = w.CloseWithError(err) // never fails
		written <- err
	}()
	err := use(r)
	_ = r.Close() // never fails; ends the writer when use did not read all
	if werr := <-written; werr != nil && !errors.Is(werr, io.ErrClosedPipe) {
		return werr // what use says of it is the consequence
	}
	return err
}

func writeTar(w io.Writer, entries []entry) error {
	tw := tar.NewWriter(w)
	for _, e := range entries {
		if err := writeEntry(tw, e); err != nil {
			return fmt.Errorf("image file %s: %w", e.name, err)
		}
	}
	return tw.Close()
}

func writeEntry(tw *tar.Writer, e entry) error {
	header := &tar.Header{Name: e.name[1:], Mode: e.mode, Format: tar.FormatPAX}
	switch {
	case e.file != "":
		return writeFile(tw, header, e.file)
	case e.link != "":
		header.Typeflag, header.Linkname = tar.TypeSymlink, e.link
	case e.text != "":
		header.Typeflag, header.Size = tar.TypeReg, int64(len(e.text))
	default:
		header.Typeflag, header.Name = tar.TypeDir, header.Name+"/"
	}
	if err := tw.WriteHeader(header); err != nil {
		return err
	}
	_, err := io.WriteString(tw, e.text)
	return err
}

func writeFile(tw *tar.Writer, header *tar.Header, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	info, err := f.Stat()
	if err != nil {
		return err
	}
	header.Typeflag, header.Size = tar.TypeReg, info.Size()
	if err := tw.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(tw, f)
	return err
}
