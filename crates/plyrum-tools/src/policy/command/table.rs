//! Reading commands: their options, and which words are paths. Left out on purpose is whatever writes, runs
//! another program, follows links out of the workspace (`-L`, `grep -R`), reads lists of further files
//! (`--files0-from`, `md5sum -c`), waits for ever (`tail -f`) or shows the environment.

use super::grammar::Grammar;
use super::operands::Operands;

pub(super) fn reading(program: &str) -> Option<&'static Grammar> {
    READING.iter().find(|grammar| grammar.name == program)
}

/// Programs for which a word `@file` stands for the words in that file.
pub(super) const RESPONSE_FILES: &[&str] = &["nm", "objdump", "readelf", "size", "strings"];

const fn g(name: &'static str, options: &'static str, operands: Operands) -> Grammar {
    Grammar { name, options, operands }
}

const GREP: &str = "-EFGPiyvwxcolLqsbHhnTZzarUI -# -e=text -f=read -m=num -A=num -B=num -C=num -d=word -D=word \
    --extended-regexp --fixed-strings --basic-regexp --perl-regexp --ignore-case --no-ignore-case --invert-match \
    --word-regexp --line-regexp --count --only-matching --files-with-matches --files-without-match --quiet --silent \
    --no-messages --byte-offset --with-filename --no-filename --line-number --initial-tab --null --null-data --text \
    --recursive --binary --regexp=text --file=read --max-count=num --after-context=num --before-context=num \
    --context=num --color[word] --colour[word] --include=text --exclude=text --exclude-dir=text --binary-files=word";
const GREP_PATTERN: &[&str] = &["-e", "-f", "--regexp", "--file"];
const RG: &str = "-FiSsvwxcloqHNnIUuPp0abh -# -e=text -f=read -g=text -t=word -T=word -m=num -A=num -B=num -C=num -M=num \
    -d=num -j=num -r=text --regexp=text --file=read --glob=text --iglob=text --type=word --type-not=word --max-count=num \
    --after-context=num --before-context=num --context=num --max-columns=num --max-depth=num --threads=num --replace=text \
    --fixed-strings --ignore-case --smart-case --case-sensitive --invert-match --word-regexp --line-regexp --count \
    --count-matches --files-with-matches --files-without-match --files --only-matching --quiet --with-filename \
    --no-filename --line-number --no-line-number --column --heading --no-heading --hidden --no-ignore --no-ignore-vcs \
    --multiline --multiline-dotall --pcre2 --json --stats --trim --vimgrep --text --null --passthru --pretty --type-list \
    --unrestricted --sort=word --sortr=word --color=word --colors=text --max-filesize=num --no-messages --no-config \
    --no-follow --block-buffered --line-buffered --byte-offset --one-file-system";
const RG_PATTERN: &[&str] = &["-e", "-f", "--regexp", "--file", "--files", "--type-list"];
const FD: &str = "-HIusigFap01q -t=word -e=text -E=text -d=num -j=num -S=num -c=word --hidden --no-ignore --no-ignore-vcs \
    --unrestricted --case-sensitive --ignore-case --glob --regex --fixed-strings --absolute-path --full-path --print0 \
    --type=word --extension=text --exclude=text --max-depth=num --min-depth=num --exact-depth=num --size=num \
    --changed-within=num --changed-before=text --color=word --threads=num --max-results=num --quiet \
    --search-path=read --and=text --prune --one-file-system";
const LS: &str = "-aAbBcCdfFgGhiklmnNopqQrRsStuUvxXZ1 -I=text -T=num -w=num --all --almost-all --author --escape \
    --block-size=num --ignore-backups --color[word] --directory --classify[word] --file-type --format=word --full-time \
    --group-directories-first --no-group --human-readable --si --hide=text --hyperlink[word] --indicator-style=word --inode \
    --ignore=text --kibibytes --numeric-uid-gid --literal --hide-control-chars --quote-name --quoting-style=word --reverse \
    --recursive --size --sort=word --time=word --time-style=text --width=num --context --zero";
const CAT: &str = "-AbeEnstTuv --show-all --number-nonblank --show-ends --number --squeeze-blank --show-tabs --show-nonprinting";
const HEAD: &str =
    "-qvz -# -n=num -c=num --lines=num --bytes=num --quiet --silent --verbose --zero-terminated";
const SORT: &str = "-bdfgiMhnRrVcCmsuz -k=text -t=text -S=num --ignore-leading-blanks --dictionary-order --ignore-case \
    --general-numeric-sort --ignore-nonprinting --month-sort --human-numeric-sort --numeric-sort --random-sort --reverse \
    --sort=word --version-sort --check[word] --merge --stable --unique --zero-terminated --key=text --field-separator=text \
    --buffer-size=num --parallel=num --batch-size=num";
const UNIQ: &str = "-cdDiuz -f=num -s=num -w=num --count --repeated --all-repeated[word] --skip-fields=num --group[word] \
    --ignore-case --skip-chars=num --unique --zero-terminated --check-chars=num";
const CUT: &str = "-nsz -b=text -c=text -d=text -f=text --bytes=text --characters=text --delimiter=text --fields=text \
    --complement --only-delimited --output-delimiter=text --zero-terminated";
const FILE: &str = "-bikNnprsv0hE -F=text --brief --mime --mime-type --mime-encoding --keep-going --no-dereference --no-pad \
    --separator=text --extension --raw";
const DU: &str = "-0abchkmsSx -d=num -t=num -B=num --all --apparent-size --block-size=num --bytes --total --max-depth=num \
    --human-readable --inodes --separate-dirs --si --summarize --threshold=num --time[word] --time-style=text --exclude=text \
    --one-file-system";
const DF: &str = "-ahHiklPT -t=word -x=word -B=num --all --block-size=num --human-readable --si --inodes --local \
    --portability --print-type --type=word --exclude-type=word --total --output[word]";
const REALPATH: &str = "-emLPqsz --canonicalize-existing --canonicalize-missing --logical --physical --quiet --strip \
    --no-symlinks --zero --relative-to=read --relative-base=read";
const READLINK: &str = "-femnqsvz --canonicalize --canonicalize-existing --canonicalize-missing --no-newline --quiet \
    --verbose --zero";
const TREE: &str = "-adfxqNQpugshDFiACSnrtcUJXv -L=num -P=text -I=text --noreport --dirsfirst --filelimit=num --gitignore \
    --du --prune --matchdirs --ignore-case --charset=word --sort=word --si --inodes --device";
const NL: &str = "-p -b=text -d=text -f=text -h=text -i=num -l=num -n=word -s=text -v=num -w=num --body-numbering=text \
    --number-format=word --number-separator=text --number-width=num --starting-line-number=num";
const OD: &str = "-abcdfilosxv -A=word -j=num -N=num -S=num -t=word -w[num] --address-radix=word --skip-bytes=num \
    --read-bytes=num --format=word --output-duplicates --width[num]";
const STRINGS: &str =
    "-af -n=num -t=word -e=word --all --print-file-name --bytes=num --radix=word --encoding=word";
const NM: &str = "-aABCDgnopPrSsuvf -t=word --debug-syms --print-file-name --demangle[word] --dynamic --extern-only \
    --numeric-sort --no-sort --portability --print-size --print-armap --reverse-sort --size-sort --undefined-only \
    --defined-only --radix=word";
const OBJDUMP: &str = "-afphxdDrRtTCw -j=text -M=word --all-headers --archive-headers --file-headers --private-headers \
    --section-headers --headers --disassemble[text] --disassemble-all --reloc --dynamic-reloc --syms --dynamic-syms \
    --demangle[word] --wide --section=text --no-show-raw-insn --full-contents";
const READELF: &str = "-ahlSsrdVnuAWgt --all --file-header --program-headers --segments --section-headers --sections \
    --symbols --syms --dyn-syms --relocs --dynamic --version-info --notes --wide --headers --arch-specific";
const SUM: &str = "-btz --binary --text --tag --zero";
const COLUMN: &str =
    "-tnxJ -s=text -o=text -c=num -N=text -R=text --table --separator=text --output-separator=text --json";
const JOIN: &str = "-iz -a=num -e=text -o=text -t=text -v=num -1=num -2=num -j=num --ignore-case --header --check-order \
    --nocheck-order";
const READING: &[Grammar] = &[
    g("ls", LS, Operands::Read),
    g("dir", LS, Operands::Read),
    g("cat", CAT, Operands::Read),
    g("tac", "-br -s=text --before --regex --separator=text", Operands::Read),
    g("head", HEAD, Operands::Read),
    g("tail", HEAD, Operands::Read),
    g("wc", "-clLmw --bytes --chars --lines --max-line-length --words --total=word", Operands::Read),
    g("grep", GREP, Operands::PatternThenRead(GREP_PATTERN)),
    g("egrep", GREP, Operands::PatternThenRead(GREP_PATTERN)),
    g("fgrep", GREP, Operands::PatternThenRead(GREP_PATTERN)),
    g("rg", RG, Operands::PatternThenRead(RG_PATTERN)),
    g("fd", FD, Operands::PatternThenRead(&[])),
    g("fdfind", FD, Operands::PatternThenRead(&[])),
    g("sort", SORT, Operands::Read),
    g("uniq", UNIQ, Operands::ReadAtMost(1)),
    g("cut", CUT, Operands::Read),
    g("tr", "-cCdst --complement --delete --squeeze-repeats --truncate-set1", Operands::Text),
    g("cmp", "-bls -n=num --print-bytes --verbose --bytes=num --quiet --silent", Operands::Read),
    g("comm", "-123z --check-order --nocheck-order --output-delimiter=text --total", Operands::Read),
    g("file", FILE, Operands::Read),
    g("stat", "-ft -c=text --file-system --format=text --printf=text --terse", Operands::Read),
    g("du", DU, Operands::Read),
    g("df", DF, Operands::Read),
    g("pwd", "-LP --logical --physical", Operands::None),
    g("echo", "-neE", Operands::Text),
    g("true", "", Operands::None),
    g("false", "", Operands::None),
    g("which", "-a", Operands::Words),
    g("type", "-aftpP", Operands::Words),
    g("basename", "-az -s=text --multiple --suffix=text --zero", Operands::Text),
    g("dirname", "-z --zero", Operands::Text),
    g("realpath", REALPATH, Operands::Read),
    g("readlink", READLINK, Operands::Read),
    g("tree", TREE, Operands::Read),
    g("nl", NL, Operands::Read),
    g("od", OD, Operands::Read),
    // One option a word: `-ps` is a flag of its own, and a second file would be written.
    g("xxd", "single -a -b -e -E -i -u -p -ps -C -d -c=num -g=num -l=num -s=num", Operands::ReadAtMost(1)),
    g("hexdump", "-bcCdovx -n=num -s=num", Operands::Read),
    g("strings", STRINGS, Operands::Read),
    g("nm", NM, Operands::Read),
    g("objdump", OBJDUMP, Operands::Read),
    g("readelf", READELF, Operands::Read),
    g("size", "-ABt", Operands::Read),
    g("md5sum", SUM, Operands::Read),
    g("sha1sum", SUM, Operands::Read),
    g("sha256sum", SUM, Operands::Read),
    g("sha512sum", SUM, Operands::Read),
    g("b2sum", SUM, Operands::Read),
    g("cksum", "", Operands::Read),
    g("base64", "-d -w=num --decode --wrap=num", Operands::ReadAtMost(1)),
    g("column", COLUMN, Operands::Read),
    g("paste", "-sz -d=text --serial --delimiters=text --zero-terminated", Operands::Read),
    g("join", JOIN, Operands::Read),
    g("fold", "-bs -w=num --bytes --spaces --width=num", Operands::Read),
    g("expand", "-i -t=num --initial --tabs=num", Operands::Read),
    g("rev", "", Operands::Read),
    g("seq", "-w -f=text -s=text --equal-width --format=text --separator=text", Operands::Text),
    g(
        "uname",
        "-asnrvmpio --all --kernel-name --kernel-release --machine --operating-system",
        Operands::None,
    ),
    g("whoami", "", Operands::None),
    g("id", "-agGnruz", Operands::None),
    g("nproc", "--all", Operands::None),
    g("uptime", "-ps", Operands::None),
    g("free", "-bkmghtw", Operands::None),
];
