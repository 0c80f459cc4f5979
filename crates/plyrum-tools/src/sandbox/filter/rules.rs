//! What the filter refuses, and with which error.

use super::For;

pub(super) const ENOSYS: u32 = libc::ENOSYS.cast_unsigned();
const EPERM: u32 = libc::EPERM.cast_unsigned();
const NO_FAMILY: u32 = libc::EAFNOSUPPORT.cast_unsigned();

/// `(argument & mask) == value`, or its opposite.
pub(super) struct Condition {
    pub(super) argument: u32,
    pub(super) mask: u32,
    pub(super) value: u32,
    pub(super) equal: bool,
}

/// One call that fails where every condition holds.
pub(super) struct Rule {
    pub(super) number: u32,
    pub(super) when: Vec<Condition>,
    pub(super) error: u32,
}

/// Other processes, mounts and namespaces, the kernel's own doors, time, keys, handles that pass by paths.
const NEVER: &[i64] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
    libc::SYS_nfsservctl,
];
#[cfg(target_arch = "x86_64")]
const NEVER_HERE: &[i64] = &[
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
    libc::SYS_ustat,
    libc::SYS_sysfs,
    libc::SYS__sysctl,
];
#[cfg(not(target_arch = "x86_64"))]
const NEVER_HERE: &[i64] = &[];

/// What Landlock does not govern and a namespace would: signals, owners, modes, times, attributes, shared
/// memory of other programs, priorities.
const NEVER_LOWER: &[i64] = &[
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_truncate,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semctl,
    libc::SYS_semtimedop,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setattr,
    SETXATTRAT,
    REMOVEXATTRAT,
    FILE_SETATTR,
];
#[cfg(target_arch = "x86_64")]
const NEVER_LOWER_HERE: &[i64] = &[
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
];
#[cfg(not(target_arch = "x86_64"))]
const NEVER_LOWER_HERE: &[i64] = &[];

/// Numbers newer than the library's list; the same on every architecture.
const FCHMODAT2: i64 = 452;
const SETXATTRAT: i64 = 463;
const REMOVEXATTRAT: i64 = 466;
const OPEN_TREE_ATTR: i64 = 467;
const FILE_SETATTR: i64 = 469;

/// `CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}`.
const NAMESPACES: [u32; 8] =
    [0x0000_0080, 0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000];
const TIOCSTI: u32 = 0x5412;
const TIOCLINUX: u32 = 0x541C;
const SET_FLAGS: u32 = 0x4008_6602;
const SET_ATTRIBUTES: u32 = 0x401C_5820;
const SET_VERSION: u32 = 0x4008_7602;
const SET_ID_BITS: [u32; 2] = [0o4000, 0o2000];
const CREATE: u32 = 0o100;
const KIND: u32 = 0o170_000;
const DEVICES: [u32; 2] = [0o020_000, 0o060_000];

/// Every rule of a filter; the first that holds decides.
pub(super) fn all(purpose: For) -> Vec<Rule> {
    let never = NEVER.iter().chain(NEVER_HERE).chain(&[OPEN_TREE_ATTR]);
    let mut rules: Vec<Rule> = never.map(|number| deny(*number, vec![])).collect();
    // Their arguments lie in memory, where no filter can look: callers fall back to the older calls.
    rules.push(fail(libc::SYS_clone3, vec![], ENOSYS));
    rules.push(fail(libc::SYS_openat2, vec![], ENOSYS));
    rules.extend(NAMESPACES.map(|flag| deny(libc::SYS_clone, vec![has(0, flag)])));
    rules.extend([TIOCSTI, TIOCLINUX].map(|order| deny(libc::SYS_ioctl, vec![is(1, order)])));
    rules.push(deny(libc::SYS_personality, vec![is_not(0, 0), is_not(0, u32::MAX)]));
    rules.extend(set_id());
    rules.extend(devices());
    rules.extend(sockets(purpose));
    if purpose == For::Lower {
        rules.extend(lower());
    }
    rules
}

/// A file that runs with its owner's rights would outlive the sandbox.
fn set_id() -> Vec<Rule> {
    let mut rules = Vec::new();
    for bit in SET_ID_BITS {
        rules.extend([
            deny(libc::SYS_fchmod, vec![has(1, bit)]),
            deny(libc::SYS_fchmodat, vec![has(2, bit)]),
            deny(FCHMODAT2, vec![has(2, bit)]),
            deny(libc::SYS_openat, vec![has(2, CREATE), has(3, bit)]),
            deny(libc::SYS_mknodat, vec![has(2, bit)]),
        ]);
        #[cfg(target_arch = "x86_64")]
        rules.extend([
            deny(libc::SYS_chmod, vec![has(1, bit)]),
            deny(libc::SYS_open, vec![has(1, CREATE), has(2, bit)]),
            deny(libc::SYS_creat, vec![has(1, bit)]),
            deny(libc::SYS_mknod, vec![has(1, bit)]),
        ]);
    }
    rules
}

fn devices() -> Vec<Rule> {
    let mut rules = Vec::new();
    for kind in DEVICES {
        rules.push(deny(libc::SYS_mknodat, vec![masked(2, KIND, kind)]));
        #[cfg(target_arch = "x86_64")]
        rules.push(deny(libc::SYS_mknod, vec![masked(1, KIND, kind)]));
    }
    rules
}

/// Internet sockets and the routing table's, which the namespace governs; no others. Pairs of streams.
fn sockets(purpose: For) -> Vec<Rule> {
    let family = |family: i32| family.cast_unsigned();
    let (unix, v4, v6) = (family(libc::AF_UNIX), family(libc::AF_INET), family(libc::AF_INET6));
    let netlink = family(libc::AF_NETLINK);
    let mut rules = match purpose {
        For::Lower => vec![fail(libc::SYS_socket, vec![], NO_FAMILY)],
        For::Full => vec![
            fail(libc::SYS_socket, vec![is_not(0, v4), is_not(0, v6), is_not(0, netlink)], NO_FAMILY),
            fail(libc::SYS_socket, vec![is(0, netlink), is_not(2, 0)], NO_FAMILY),
        ],
    };
    rules.push(fail(libc::SYS_socketpair, vec![is_not(0, unix)], NO_FAMILY));
    // 1 is a stream, 5 a stream of packets; 2 and 3 are datagrams.
    let kind = |value| Condition { argument: 1, mask: 0xf, value, equal: false };
    rules.push(deny(libc::SYS_socketpair, vec![kind(1), kind(5)]));
    rules
}

fn lower() -> Vec<Rule> {
    let mut rules: Vec<Rule> =
        NEVER_LOWER.iter().chain(NEVER_LOWER_HERE).map(|number| deny(*number, vec![])).collect();
    let orders = [SET_FLAGS, SET_ATTRIBUTES, SET_VERSION];
    rules.extend(orders.map(|order| deny(libc::SYS_ioctl, vec![is(1, order)])));
    rules.push(deny(libc::SYS_prlimit64, vec![is_not(0, 0)]));
    rules.push(deny(libc::SYS_sched_setaffinity, vec![is_not(0, 0)]));
    rules
}

fn fail(number: i64, when: Vec<Condition>, error: u32) -> Rule {
    // Numbers are small and positive; one that were not would match no call.
    Rule { number: u32::try_from(number).unwrap_or(u32::MAX), when, error }
}

fn deny(number: i64, when: Vec<Condition>) -> Rule {
    fail(number, when, EPERM)
}

fn is(argument: u32, value: u32) -> Condition {
    Condition { argument, mask: u32::MAX, value, equal: true }
}

fn is_not(argument: u32, value: u32) -> Condition {
    Condition { argument, mask: u32::MAX, value, equal: false }
}

fn has(argument: u32, bit: u32) -> Condition {
    masked(argument, bit, bit)
}

fn masked(argument: u32, mask: u32, value: u32) -> Condition {
    Condition { argument, mask, value, equal: true }
}
