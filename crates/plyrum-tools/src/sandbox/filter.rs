//! The seccomp filter, as the kernel's own byte code.
//!
//! A deny-list: what is listed fails with an error, what is not goes through, so that a program of tomorrow
//! works. Written out here and not by a rule compiler, because the numbers of the x32 calling convention
//! (bit 30) must be refused as a range: they reach the same calls and a list of numbers does not name them.

mod rules;

use seccompiler::sock_filter as Instruction;

use rules::{Condition, Rule};

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;
/// No filter is offered here: the probe finds it refused.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const ARCHITECTURE: u32 = 0;

/// The first number of the x32 convention.
#[cfg(target_arch = "x86_64")]
const X32: u32 = 0x4000_0000;

const LOAD: u16 = 0x20;
const AND: u16 = 0x54;
const JUMP_EQUAL: u16 = 0x15;
#[cfg(target_arch = "x86_64")]
const JUMP_AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;

const ALLOW: u32 = 0x7fff_0000;
const KILL_PROCESS: u32 = 0x8000_0000;
const ERROR: u32 = 0x0005_0000;

/// Offsets in the kernel's `seccomp_data`.
const NUMBER_AT: u32 = 0;
const ARCHITECTURE_AT: u32 = 4;
const ARGUMENTS_AT: u32 = 16;

/// Which commands a filter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// Inside bubblewrap.
    Full,
    /// Under Landlock: no sockets, no signals to others, no change of owners, modes and times.
    Lower,
}

/// The filter's code.
pub(super) fn program(purpose: For) -> Vec<Instruction> {
    let mut code = vec![
        op(LOAD, ARCHITECTURE_AT),
        jump(JUMP_EQUAL, ARCHITECTURE, 1, 0),
        op(RETURN, KILL_PROCESS),
        op(LOAD, NUMBER_AT),
    ];
    #[cfg(target_arch = "x86_64")]
    code.extend([jump(JUMP_AT_LEAST, X32, 0, 1), op(RETURN, ERROR | rules::ENOSYS)]);
    for rule in rules::all(purpose) {
        code.extend(compile(&rule));
    }
    code.push(op(RETURN, ALLOW));
    code
}

/// The bytes that bubblewrap reads from `--seccomp FD`.
pub(super) fn bytes(program: &[Instruction]) -> Vec<u8> {
    let one = |i: &Instruction| {
        let [c0, c1] = i.code.to_ne_bytes();
        let [k0, k1, k2, k3] = i.k.to_ne_bytes();
        [c0, c1, i.jt, i.jf, k0, k1, k2, k3]
    };
    program.iter().flat_map(one).collect()
}

/// `number == n && (argument & mask) == value && …` → error; each condition looks at the low 32 bits.
fn compile(rule: &Rule) -> Vec<Instruction> {
    let mut body: Vec<Instruction> = Vec::new();
    let last = rule.when.len();
    for (index, condition) in rule.when.iter().enumerate() {
        // Behind this condition: three or four per later one, the return, then the reload.
        let rest: usize = rule.when.iter().skip(index + 1).map(length).sum::<usize>() + 1;
        body.extend(test(condition, u8::try_from(rest).unwrap_or(u8::MAX)));
    }
    body.push(op(RETURN, ERROR | rule.error));
    if last > 0 {
        body.push(op(LOAD, NUMBER_AT));
    }
    let over = u8::try_from(body.len()).unwrap_or(u8::MAX);
    let mut code = vec![jump(JUMP_EQUAL, rule.number, 0, over)];
    code.append(&mut body);
    code
}

fn length(condition: &Condition) -> usize {
    2 + usize::from(condition.mask != u32::MAX)
}

/// Falls through where the condition holds, else jumps over `rest` instructions.
fn test(condition: &Condition, rest: u8) -> Vec<Instruction> {
    let mut code = vec![op(LOAD, ARGUMENTS_AT + 8 * condition.argument + LOW_HALF)];
    if condition.mask != u32::MAX {
        code.push(op(AND, condition.mask));
    }
    let (yes, no) = if condition.equal { (0, rest) } else { (rest, 0) };
    code.push(jump(JUMP_EQUAL, condition.value, yes, no));
    code
}

const LOW_HALF: u32 = if cfg!(target_endian = "little") { 0 } else { 4 };

fn op(code: u16, k: u32) -> Instruction {
    jump(code, k, 0, 0)
}

fn jump(code: u16, k: u32, jt: u8, jf: u8) -> Instruction {
    Instruction { code, jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the code as the kernel would.
    fn run(code: &[Instruction], architecture: u32, number: i64, arguments: [u32; 6]) -> u32 {
        let (mut at, mut held) = (0usize, 0u32);
        loop {
            let i = &code[at];
            at += 1;
            match i.code {
                LOAD if i.k == NUMBER_AT => held = u32::try_from(number).unwrap(),
                LOAD if i.k == ARCHITECTURE_AT => held = architecture,
                LOAD => held = arguments[usize::try_from((i.k - ARGUMENTS_AT) / 8).unwrap()],
                AND => held &= i.k,
                JUMP_EQUAL => at += usize::from(if held == i.k { i.jt } else { i.jf }),
                RETURN => return i.k,
                _ => at += usize::from(if held >= i.k { i.jt } else { i.jf }),
            }
        }
    }

    fn error(number: i32) -> u32 {
        ERROR | u32::try_from(number).unwrap()
    }

    #[test]
    fn the_code_says_what_the_rules_say() {
        let full = program(For::Full);
        let says = |number, arguments| run(&full, ARCHITECTURE, number, arguments);
        let first = |value| [value, 0, 0, 0, 0, 0];
        assert_eq!(says(libc::SYS_read, [0; 6]), ALLOW);
        assert_eq!(says(libc::SYS_ptrace, [0; 6]), error(libc::EPERM));
        assert_eq!(says(libc::SYS_clone3, [0; 6]), error(libc::ENOSYS));
        assert_eq!(says(libc::SYS_clone, first(0x0111)), ALLOW);
        assert_eq!(says(libc::SYS_clone, first(0x1000_0011)), error(libc::EPERM));
        assert_eq!(says(libc::SYS_socket, first(2)), ALLOW);
        assert_eq!(says(libc::SYS_socket, [16, 3, 0, 0, 0, 0]), ALLOW);
        assert_eq!(says(libc::SYS_socket, [16, 3, 9, 0, 0, 0]), error(libc::EAFNOSUPPORT));
        for family in [1, 17, 40, 38, 999] {
            assert_eq!(says(libc::SYS_socket, first(family)), error(libc::EAFNOSUPPORT), "{family}");
        }
        assert_eq!(says(libc::SYS_socketpair, [1, 0x8_0001, 0, 0, 0, 0]), ALLOW);
        assert_eq!(says(libc::SYS_socketpair, [1, 2, 0, 0, 0, 0]), error(libc::EPERM));
        assert_eq!(says(libc::SYS_socketpair, [1, 3, 0, 0, 0, 0]), error(libc::EPERM));
        assert_eq!(says(libc::SYS_ioctl, [0, 0x5412, 0, 0, 0, 0]), error(libc::EPERM));
        assert_eq!(says(libc::SYS_ioctl, [0, 0x5413, 0, 0, 0, 0]), ALLOW);
        assert_eq!(says(libc::SYS_personality, first(0xffff_ffff)), ALLOW);
        assert_eq!(says(libc::SYS_personality, first(0x0004_0000)), error(libc::EPERM));
        assert_eq!(says(libc::SYS_fchmodat, [0, 0, 0o755, 0, 0, 0]), ALLOW);
        assert_eq!(says(libc::SYS_fchmodat, [0, 0, 0o4755, 0, 0, 0]), error(libc::EPERM));
        assert_eq!(says(libc::SYS_openat, [0, 0, 0, 0o4755, 0, 0]), ALLOW);
        assert_eq!(says(libc::SYS_openat, [0, 0, 0o101, 0o4755, 0, 0]), error(libc::EPERM));
        assert_eq!(run(&full, 0x4000_0003, 4, [0; 6]), KILL_PROCESS);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_other_calling_convention_is_refused_as_a_whole() {
        for number in [0x4000_0000, 0x4000_0065, 0x4000_0208] {
            assert_eq!(run(&program(For::Full), ARCHITECTURE, number, [0; 6]), error(libc::ENOSYS));
        }
    }

    #[test]
    fn the_lower_filter_refuses_sockets_signals_and_metadata() {
        let lower = program(For::Lower);
        let refused = [
            (libc::SYS_socket, [2, 1, 0, 0, 0, 0]),
            (libc::SYS_kill, [1, 9, 0, 0, 0, 0]),
            (libc::SYS_fchmodat, [0, 0, 0o644, 0, 0, 0]),
            (libc::SYS_utimensat, [0; 6]),
            (libc::SYS_prlimit64, [7, 0, 0, 0, 0, 0]),
            (libc::SYS_ioctl, [0, 0x4008_6602, 0, 0, 0, 0]),
        ];
        for (number, arguments) in refused {
            assert_ne!(run(&lower, ARCHITECTURE, number, arguments), ALLOW, "{number}");
        }
        assert_eq!(run(&lower, ARCHITECTURE, libc::SYS_prlimit64, [0; 6]), ALLOW);
        assert!(lower.len() < 4096 && bytes(&lower).len() == lower.len() * 8);
    }
}
