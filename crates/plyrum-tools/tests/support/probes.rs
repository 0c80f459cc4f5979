//! Ways out, as scripts. A script says `ESC` + `APED` where something went through that must not, and ends with
//! `TRIED`, so that one that could not even begin is noticed. What it did outside is looked at outside.

/// Replaced in scripts: `@OUT@ @HIDDEN@ @HOME@ @WORK@ @PORT@ @UDP@ @SOCKET@ @OWN_SOCKET@ @ABSTRACT@ @VICTIM@
/// @TMP@ @ID@`.
pub const PROBES: &[(&str, &str)] = &[
    // Files outside.
    ("write a file outside", "echo x > @OUT@/new"),
    ("append to a file outside", "echo x >> @OUT@/kept"),
    ("empty a file outside", ": > @OUT@/kept; truncate -s 0 @OUT@/kept"),
    ("remove files outside", "rm -rf @OUT@; rmdir @OUT@; unlink @OUT@/kept"),
    ("rename a file outside", "mv @OUT@/kept @OUT@/moved; mv @OUT@ @OUT@2"),
    ("change modes outside", "chmod 777 @OUT@/kept @OUT@ @HOME@; chown 1:1 @OUT@/kept"),
    ("change times outside", "touch -d 2001-01-01 @OUT@/kept"),
    (
        "change attributes outside",
        "perl -e 'c(188, qq(@OUT@/kept), qq(user.x), qq(y), 1, 0) == 0 and print qq(ESC).qq(APED); open F, q(<), q(@OUT@/kept); my $f = pack(q(l!), 128); ioctl(F, 0x40086602, $f) and print qq(ESC).qq(APED)'",
    ),
    ("write through a link to a file", "ln -s @OUT@/kept link; echo x > link; rm -f link"),
    ("write through a link to a folder", "ln -s @OUT@ folder; echo x > folder/new; rm -f folder"),
    (
        "write through a chain of links",
        "mkdir -p a/b; ln -s ../.. a/b/up; ln -s a/b/up/../other far; echo x > far/new; rm -rf a far",
    ),
    (
        "hard link of a file outside",
        "ln @OUT@/kept hard && echo x >> hard; perl -e 'link(q(@OUT@/kept), q(hard2)) and print qq(ESC).qq(APED)'",
    ),
    ("reopen a descriptor for writing", "exec 3< @OUT@/kept; echo x > /proc/self/fd/3; echo x > /dev/fd/3"),
    ("write by /proc/self/root", "echo x > /proc/self/root@OUT@/new; echo x > /proc/self/cwd/../other/new"),
    (
        "write by another process's root",
        "for p in /proc/[0-9]*; do echo x > $p/root@OUT@/new; echo x > $p/cwd/../other/new; done",
    ),
    ("write from the folder of another process", "echo x > /proc/@VICTIM@/cwd/new"),
    ("write in the host's /tmp", "echo x > @TMP@/new; rm -f @TMP@/kept; cat @TMP@/secret"),
    (
        "write in other shared folders",
        "for d in /tmp /var/tmp /dev/shm /run; do echo x > $d/plyrum-@ID@; done",
    ),
    (
        "write in system folders",
        "for d in / /etc /usr /usr/bin /var /opt /root /boot; do echo x > $d/plyrum-@ID@; done",
    ),
    ("rename the workspace", "mv @WORK@ @WORK@2; cd ..; mv work work2; rmdir work"),
    ("change what holds the workspace", "chmod 777 ..; touch ../new; mkdir ../new2"),
    (
        "copy over by other calls",
        "cp --reflink=auto file @OUT@/kept; dd if=file of=@OUT@/kept; install file @OUT@/kept2; tar cf @OUT@/t.tar file",
    ),
    // What is hidden.
    ("read a hidden file", "cat @HIDDEN@/key; ls @HIDDEN@ | grep key && printf ESC && echo APED"),
    (
        "read a hidden file by other names",
        "cat @HIDDEN@/../plyrum/key @HOME@/./plyrum/key /proc/self/root@HIDDEN@/key /proc/1/root@HIDDEN@/key; cd @HOME@; cat plyrum/key; ln -s @HIDDEN@ @WORK@/h; cat @WORK@/h/key; rm -f @WORK@/h",
    ),
    ("read keys of other programs", "cat @HOME@/.ssh/id; cat ~/.ssh/id"),
    ("hard link of a hidden file", "ln @HIDDEN@/key k; cat k"),
    (
        "uncover a hidden folder",
        "umount @HIDDEN@; umount -l @HIDDEN@; perl -e 'c(166, q(@HIDDEN@), 2) == 0 and print qq(ESC).qq(APED)'; cat @HIDDEN@/key",
    ),
    ("move a hidden folder", "mv @HIDDEN@ @WORK@/h; cat @WORK@/h/key"),
    ("find a secret", "grep -rs s3cr3t-value @HOME@/plyrum @HOME@/.ssh @HOME@/other @HOME@/work 2>/dev/null"),
    (
        "handles in the place of names",
        "perl -e 'my $h = pack(q(II), 128, 0).(qq(\\0) x 128); my $m = pack(q(I),0); for (303, 304) { c($_, -100, $h, $m, 0, 0) >= 0 and print qq(ESC).qq(APED) }'",
    ),
    // Secrets in environments.
    (
        "own environment",
        "env; tr '\\0' '\\n' < /proc/self/environ; tr '\\0' '\\n' < /proc/1/environ; env | grep -q CARGO_MANIFEST_DIR && printf ESC && echo APED",
    ),
    (
        "environments of others",
        "cat /proc/*/environ | tr '\\0' '\\n' | grep s3cr3t; cat /proc/@VICTIM@/environ",
    ),
    ("preloaded libraries", "env | grep -E '^(LD_|BASH_ENV|PLYRUM)' && printf ESC && echo APED"),
    (
        "inherited descriptors",
        "perl -e 'for (3..255) { open(my $f, q(<&=), $_) and print qq(ESC).qq(APED $_) }'",
    ),
    // Processes.
    (
        "kill a process of the host",
        "kill -9 @VICTIM@; perl -e 'kill 9, @VICTIM@; c(234, @VICTIM@, @VICTIM@, 9); c(200, @VICTIM@, 9)'",
    ),
    ("kill by descriptor", "perl -e 'my $d = c(434, @VICTIM@, 0); $d >= 0 and c(424, $d, 9, 0, 0)'"),
    (
        "trace a process",
        "perl -e 'for ([16, @VICTIM@], [0, 0], [0x4206, @VICTIM@]) { c(101, $$_[0], $$_[1], 0, 0) >= 0 and print qq(ESC).qq(APED) }'",
    ),
    (
        "read another's memory",
        "perl -e 'my $b = qq(\\0) x 64; for (310, 311, 312, 440) { c($_, @VICTIM@, $b, 1, $b, 1, 0) > 0 and print qq(ESC).qq(APED) }'; cat /proc/@VICTIM@/mem /proc/@VICTIM@/maps && printf ESC && echo APED",
    ),
    (
        "take another's descriptor",
        "perl -e 'my $d = c(434, @VICTIM@, 0); c(438, $d, 1, 0) >= 0 and print qq(ESC).qq(APED)'; ls /proc/@VICTIM@/fd/ && printf ESC && echo APED",
    ),
    (
        "another's limits and priority",
        "perl -e 'my $l = qq(\\0) x 16; c(302, @VICTIM@, 7, 0, $l) >= 0 and print qq(ESC).qq(APED); c(141, 0, @VICTIM@, 19) >= 0 and print qq(ESC).qq(APED)'",
    ),
    (
        "see the host's processes",
        "ls -d /proc/@VICTIM@ && tr '\\0' ' ' < /proc/@VICTIM@/cmdline | grep 86399 && printf ESC && echo APED",
    ),
    (
        "survive in the background",
        "(setsid nohup sleep 4711.@ID@ > /dev/null 2>&1 < /dev/null &); (sleep 4712.@ID@ &) ; perl -e 'fork and exit; setpgrp; fork and exit; exec q(sleep), q(4713.@ID@)'; sleep 0.05",
    ),
    // Namespaces, mounts, the kernel.
    (
        "mount",
        "mount -t tmpfs x /mnt; mount --bind @OUT@ @WORK@; perl -e 'for ([165, q(x), q(/mnt), q(tmpfs), 0, 0], [430, q(tmpfs), 0], [428, -100, q(/), 1], [429, 3, q(), -100, q(/mnt), 4], [442, -100, q(/), 0, q(), 0], [467, -100, q(/), 1, q(), 0]) { my ($n, @a) = @$_; c($n, @a) >= 0 and print qq(ESC).qq(APED $n) }'",
    ),
    ("remount the root for writing", "mount -o remount,rw /; mount -o remount,rw,bind /; echo x > @OUT@/new"),
    (
        "new namespaces",
        "unshare -Ur true && printf ESC && echo APED; unshare -m true && printf ESC && echo APED; perl -e 'for (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x8000000, 0x4000000) { c(272, $_) >= 0 and print qq(ESC).qq(APED) }'",
    ),
    (
        "new namespaces by clone",
        "perl -e 'for (0x10000011, 0x20011, 0x40000011) { my $r = c(56, $_, 0, 0, 0, 0); if ($r == 0) { c(60, 0) } $r > 0 and print qq(ESC).qq(APED) } my $a = qq(\\0) x 88; c(435, $a, 88) >= 0 and print qq(ESC).qq(APED)'",
    ),
    (
        "enter other namespaces",
        "for n in user mnt net pid; do nsenter -t @VICTIM@ --$n true && printf ESC && echo APED; done; perl -e 'open F, q(<), q(/proc/1/ns/mnt); c(308, fileno(F)//3, 0) >= 0 and print qq(ESC).qq(APED)'",
    ),
    (
        "another root",
        "perl -e 'for ([161, q(/)], [155, q(/), q(/)]) { my ($n, @a) = @$_; c($n, @a) >= 0 and print qq(ESC).qq(APED $n) }'",
    ),
    (
        "keyrings",
        "perl -e 'for ([250, 0, -3, 0], [248, q(user), q(x), q(y), 1, -4], [249, q(user), q(x), 0, -4]) { my ($n, @a) = @$_; c($n, @a) >= 0 and print qq(ESC).qq(APED $n) }'",
    ),
    (
        "the kernel's own machines",
        "perl -e 'my $b = qq(\\0) x 128; for ([321, 0, $b, 128], [298, $b, 0, -1, -1, 0], [323, 0], [425, 4, $b], [426, 0, 0, 0, 0, 0], [427, 0, 0, 0, 0], [300, 0, 0]) { my ($n, @a) = @$_; c($n, @a) >= 0 and print qq(ESC).qq(APED $n) }'",
    ),
    (
        "modules, other kernels, restart",
        "perl -e 'for ([175, q(), 0, q()], [313, 0, q(), 0], [176, q(x), 0], [246, 0, 0, 0, 0], [320, 0, 0, 0, q(), 0], [169, 0xfee1dead, 672274793, 0, 0]) { my ($n, @a) = @$_; c($n, @a) >= 0 and print qq(ESC).qq(APED $n) }'",
    ),
    (
        "swap, accounting, quotas",
        "perl -e 'for ([167, q(file), 0], [168, q(file)], [163, q(file)], [179, 0x800001, q(/), 0, 0]) { my ($n, @a) = @$_; c($n, @a) >= 0 and print qq(ESC).qq(APED $n) }'",
    ),
    (
        "clocks and names",
        "perl -e 'my $t = qq(\\0) x 16; for ([164, $t, 0], [227, 0, $t], [170, q(x), 1], [171, q(x), 1]) { my ($n, @a) = @$_; c($n, @a) >= 0 and print qq(ESC).qq(APED $n) }'",
    ),
    (
        "another personality",
        "perl -e 'c(135, 0x0040000) >= 0 and print qq(ESC).qq(APED); c(135, 0x0400000) >= 0 and print qq(ESC).qq(APED)'; setarch -R true && printf ESC && echo APED",
    ),
    (
        "the other calling convention",
        "perl -e 'for (39, 41, 101, 165, 520, 521, 542) { c(0x40000000 + $_, 1, 1, 0, 0) >= 0 and print qq(ESC).qq(APED $_) }'",
    ),
    (
        "ports of the processor",
        "perl -e 'for ([172, 3], [173, 0, 1, 1], [154, 0, q(), 0]) { my ($n, @a) = @$_; c($n, @a) >= 0 and print qq(ESC).qq(APED $n) }'",
    ),
    (
        "the kernel's log",
        "head -c 1 /dev/kmsg && printf ESC && echo APED; dmesg && printf ESC && echo APED; perl -e 'my $b = qq(\\0) x 64; c(103, 3, $b, 64) >= 0 and print qq(ESC).qq(APED)'",
    ),
    (
        "settings of the kernel",
        "for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/kernel/modprobe /proc/sys/vm/overcommit_memory /proc/sys/net/ipv4/ip_forward; do v=$(cat $f) && (echo \"$v\" > $f) && printf ESC && echo APED $f; done",
    ),
    ("system requests", "(echo h > /proc/sysrq-trigger) && printf ESC && echo APED"),
    (
        "settings of devices",
        "for f in /sys/kernel/mm/ksm/run /sys/kernel/mm/transparent_hugepage/enabled /sys/power/state /sys/kernel/uevent_helper; do test -e $f && (echo 0 > $f) && printf ESC && echo APED $f; done",
    ),
    (
        "control groups",
        "for d in /sys/fs/cgroup /sys/fs/cgroup/*; do mkdir $d/plyrum-@ID@ && printf ESC && echo APED; (echo $$ > $d/cgroup.procs) && printf ESC && echo APED; done",
    ),
    (
        "memory of the machine",
        "for f in /dev/mem /dev/kmem /dev/port /proc/kcore; do head -c 1 $f > /dev/null && printf ESC && echo APED $f; done",
    ),
    (
        "disks",
        "for f in /dev/vda /dev/sda /dev/nvme0n1 /dev/dm-0 /dev/loop0; do head -c 1 $f > /dev/null && printf ESC && echo APED; done",
    ),
    (
        "make device files",
        "for d in . /tmp /dev/shm /dev; do mknod $d/disk b 254 0 && printf ESC && echo APED; mknod $d/memory c 1 1 && printf ESC && echo APED; done; perl -e 'c(133, q(d), 0060644, 0xfe00) >= 0 and print qq(ESC).qq(APED)'",
    ),
    (
        "put words in a terminal",
        "perl -e 'for my $f (0, 1, 2) { my $c = q(x); c(16, $f, 0x5412, $c) >= 0 and print qq(ESC).qq(APED) } open T, q(+<), q(/dev/tty) and do { c(16, fileno(T), 0x5412, q(x)) >= 0 and print qq(ESC).qq(APED) }; c(16, 0, 0x10000000005412, q(x)) >= 0 and print qq(ESC).qq(APED); c(16, 0, 0x541c, q(x)) >= 0 and print qq(ESC).qq(APED)'",
    ),
    // Rights.
    (
        "capabilities",
        "grep -E 'Cap(Eff|Prm|Inh|Amb)' /proc/self/status | grep -v 0000000000000000 && printf ESC && echo APED; perl -e 'my $h = pack(q(II), 0x20080522, 0); my $d = pack(q(I6), (0xffffffff) x 6); c(126, $h, $d) >= 0 and print qq(ESC).qq(APED)'",
    ),
    (
        "programs with rights of their own",
        "su -c 'touch @OUT@/new' < /dev/null; sudo -n touch @OUT@/new; newuidmap $$ 0 0 1 && printf ESC && echo APED; pkexec true && printf ESC && echo APED",
    ),
    (
        "other users",
        "perl -e 'for my $id (1, 1000, 65534) { c(117, $id, $id, $id) >= 0 and $id != $< and print qq(ESC).qq(APED) } my $g = pack(q(I), 0); c(116, 1, $g) >= 0 and print qq(ESC).qq(APED)'",
    ),
    (
        "files of the system's root",
        "cat /etc/shadow | grep : && printf ESC && echo APED; cat /etc/gshadow | grep : && printf ESC && echo APED",
    ),
    (
        "leave a file with its owner's rights",
        "cp /bin/true s; chmod 4755 s; chmod u+s s; perl -e 'use Fcntl; sysopen(F, q(s2), O_CREAT|O_WRONLY, 06755); c(90, q(s), 04755); c(268, -100, q(s), 04755); c(452, -100, q(s), 04755, 0); my $h = pack(q(QQQ), 0101, 04755, 0); c(437, -100, q(s3), $h, 24) >= 0 and print qq(ESC).qq(APED)'",
    ),
    // Sockets and the network.
    (
        "a Unix socket of the host",
        "perl -e 'use Socket; my $s; socket($s, AF_UNIX, SOCK_STREAM, 0) and print qq(ESC).qq(APED) and connect($s, pack_sockaddr_un(q(@SOCKET@)))'",
    ),
    (
        "a Unix socket in the workspace",
        "perl -e 'use Socket; my $s; socket($s, AF_UNIX, SOCK_STREAM, 0); connect($s, pack_sockaddr_un(q(@OWN_SOCKET@))) and print qq(ESC).qq(APED)'",
    ),
    (
        "an abstract socket",
        "perl -e 'use Socket; my $s; socket($s, AF_UNIX, SOCK_STREAM, 0); connect($s, pack(q(S), 1).qq(\\0@ABSTRACT@)) and print qq(ESC).qq(APED)'",
    ),
    (
        "a datagram pair connected again",
        "perl -e 'use Socket; my ($a, $b); for my $t (SOCK_DGRAM, SOCK_RAW) { socketpair($a, $b, AF_UNIX, $t, 0) and print qq(ESC).qq(APED) }'",
    ),
    (
        "a stream pair connected again",
        "perl -e 'use Socket; my ($a, $b); for my $t (SOCK_STREAM, SOCK_SEQPACKET) { socketpair($a, $b, AF_UNIX, $t, 0) or die; my $to = pack_sockaddr_un(q(@SOCKET@)); connect($a, $to) and print qq(ESC).qq(APED); shutdown($a, 2); close $b; connect($a, $to) and print qq(ESC).qq(APED); send($a, q(x), 0, $to) and print qq(ESC).qq(APED) }'",
    ),
    (
        "other families of sockets",
        "perl -e 'for my $f ([40, 1, 0], [17, 3, 768], [16, 3, 9], [16, 3, 15], [38, 5, 0], [31, 3, 0], [29, 3, 1], [44, 3, 0], [15, 3, 2], [41, 2, 0]) { my $r = c(41, @$f); $r >= 0 and print qq(ESC).qq(APED @$f) }'",
    ),
    (
        "raw sockets",
        "perl -e 'for ([2, 3, 1], [2, 3, 255], [10, 3, 58]) { c(41, @$_) >= 0 and print qq(ESC).qq(APED) }'",
    ),
    (
        "a port of the host",
        "(echo x > /dev/tcp/127.0.0.1/@PORT@) && printf ESC && echo APED; perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => q(127.0.0.1:@PORT@), Timeout => 1) and print qq(ESC).qq(APED)'",
    ),
    (
        "a port by other addresses",
        "for a in localhost 0.0.0.0 127.1 127.0.0.2 ::1; do (echo x > /dev/tcp/$a/@PORT@) && printf ESC && echo APED; done",
    ),
    (
        "datagrams",
        "(echo x > /dev/udp/127.0.0.1/@UDP@); perl -MSocket -e 'socket(S, AF_INET, SOCK_DGRAM, 0); send(S, q(x), 0, pack_sockaddr_in(@UDP@, inet_aton(q(127.0.0.1)))); send(S, q(x), 0, pack_sockaddr_in(53, inet_aton(q(192.0.2.1)))) and print qq(ESC).qq(APED)'",
    ),
    // What runs later.
    (
        "hooks of the repository",
        "echo x > .git/hooks/pre-commit; mkdir .git/hooks2; echo x >> .git/config; rm -rf .git/hooks; git config core.hooksPath x; git config --local core.fsmonitor x; chmod 777 .git .git/config",
    ),
    (
        "another repository in its place",
        "mv .git old; rm -rf .git; ln -sfn @OUT@ .git; perl -e 'rename(q(.git), q(g2)) and print qq(ESC).qq(APED); rmdir(q(.git)) and print qq(ESC).qq(APED); c(316, -100, q(.git), -100, q(made), 2) >= 0 and print qq(ESC).qq(APED)'",
    ),
    (
        "protected names that were not there",
        "for n in .plyrum .vscode .cargo .husky .ssh .idea .envrc .bashrc .profile .gitconfig; do mkdir $n; mkdir $n/x; echo x > $n/x; echo x > $n; done; for n in .npmrc .mise.toml; do echo x > $n; done",
    ),
    (
        "protected names taken away first",
        "for n in .plyrum .envrc .npmrc .vscode; do rm -rf $n; rmdir $n; mv $n gone; ln -s x $n; perl -e 'unlink shift and print qq(ESC).qq(APED)' $n; umount $n; done",
    ),
    ("hard link of a protected file", "ln .git/config c && echo x >> c; ln .git/config hooked"),
    // Sizes.
    (
        "a file without end",
        "perl -e 'open F, q(>), q(big); seek F, 70<<20, 0; print F q(x); close F'; truncate -s 100M big2; fallocate -l 100M big3",
    ),
    (
        "memory dumps",
        "ulimit -c unlimited; bash -c 'ulimit -c unlimited; kill -SEGV $$'; perl -e 'CORE::dump()'",
    ),
    (
        "higher limits",
        "ulimit -n 100000 && printf ESC && echo APED; ulimit -f unlimited && printf ESC && echo APED; ulimit -t unlimited && printf ESC && echo APED",
    ),
];
