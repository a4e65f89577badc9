package watch

import "syscall"

// silent are the file systems that other machines change without telling this one, by what
// statfs(2) calls their type.
var silent = map[uint32]string{
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xfe534d42: "SMB",
	0xff534d42: "SMB",
	0x01021997: "9p", // Windows' folders in WSL 2 among them
	0x65735546: "FUSE",
	0x786f4256: "a VirtualBox folder",
	0xbacbacbc: "a VMware folder",
	0x00c36400: "Ceph",
}

// silentFileSystem tells whether changes in a folder may come without notifications, and why.
func silentFileSystem(dir string) (string, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "", false
	}
	name, ok := silent[uint32(s.Type)] //nolint:gosec // the type has 32 bits, in a word whose size depends on the machine
	return "its file system, " + name + ", may not tell of changes", ok
}
