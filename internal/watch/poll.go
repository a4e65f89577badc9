package watch

import "io/fs"

// poll adds to dirty what looks different from what is known, and tells whether that is more than
// dirty had. It reads only files that are too young for their stamps to be believed.
func (t *tree) poll(dirty map[string]stamp) bool {
	news := false
	seen := map[string]bool{}
	complete := t.walk(".", func(rel string, entry fs.DirEntry) {
		seen[rel] = true
		info, err := entry.Info()
		if err == nil && t.looksNew(rel, stampOf(info), dirty) {
			dirty[rel] = stampOf(info)
			news = true
		}
	})
	if !complete {
		return news
	}
	for rel := range t.files {
		if was, noted := dirty[rel]; !seen[rel] && (!noted || was.there) {
			dirty[rel] = stamp{}
			news = true
		}
	}
	return news
}

// looksNew compares a file with what is known of it, or was noted of it since.
func (t *tree) looksNew(rel string, now stamp, dirty map[string]stamp) bool {
	if was, noted := dirty[rel]; noted {
		return now != was
	}
	known, was := t.files[rel]
	if !was || known.stamp != now {
		return was || now.kind&^fs.ModeSymlink == 0 // a socket is nothing to look at again and again
	}
	if !known.young {
		return false
	}
	again, err := read(t.path(rel))
	if err != nil || again.sum != known.sum {
		return true
	}
	t.files[rel] = again // it has grown older
	return false
}
