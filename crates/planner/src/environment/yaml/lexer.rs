//! A coarse look at text that the parser gave up on, to say what the parser cannot: where a quote opened, where
//! a tab indents, where a reference stands unquoted in `{ }` or `[ ]`.
//!
//! It starts at a place that the parser had understood and knows comments, quoted scalars, block scalars and
//! plain scalars. It is asked after an error only, so that a wrong guess can spoil the wording, never a file.

/// Something that explains an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// `${` in a plain scalar inside `{ }` or `[ ]`; `end` is behind its `}` if no blank comes before that.
    Reference { dollar: usize, end: Option<usize> },
    /// A quoted scalar; `end` is behind its closing quote.
    Quote { open: usize, end: Option<usize> },
    /// The first tab in the indentation of a line in block style that holds more than a comment.
    Tab { at: usize },
}

/// Yields findings in the order of the text.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'t> {
    bytes: &'t [u8],
    at: usize,
    /// Open `{` and `[`.
    depth: usize,
    line_start: usize,
    /// Only indentation and `- ` have been seen on this line.
    in_prefix: bool,
    /// Column that the content of a block scalar must exceed.
    indent: usize,
    fresh_line: bool,
    /// The outermost flow collection has been closed.
    left: bool,
}

impl<'t> Lexer<'t> {
    /// Starts at `from`, the start of a token, with `depth` flow collections open.
    pub(super) fn new(text: &'t str, from: usize, depth: usize) -> Self {
        let bytes = text.as_bytes();
        let from = from.min(bytes.len());
        let line_start = line_start(text, from);
        let before = bytes.get(line_start..from).unwrap_or_default();
        let prefix = before.iter().take_while(|byte| matches!(byte, b' ' | b'-')).count();
        Self {
            bytes,
            at: from,
            depth,
            line_start,
            in_prefix: prefix == before.len(),
            indent: prefix,
            fresh_line: from == line_start,
            left: false,
        }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Whether a flow collection has been left for block style.
    pub(super) fn left(&self) -> bool {
        self.left
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn blank_at(&self, at: usize) -> bool {
        self.byte(at)
            .is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
    }

    fn skip_line(&mut self) {
        while self.byte(self.at).is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
    }

    fn enter_line(&mut self) {
        self.line_start = self.at;
        self.in_prefix = true;
        self.fresh_line = true;
    }

    /// A tab in the indentation of the line that starts here.
    fn indenting_tab(&mut self) -> Option<usize> {
        self.fresh_line = false;
        let rest = self.bytes.get(self.at..)?;
        let width = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let tab = rest.get(..width)?.iter().position(|byte| *byte == b'\t')?;
        let empty = matches!(rest.get(width), None | Some(b'\r' | b'\n' | b'#'));
        (self.depth == 0 && !empty).then_some(self.at + tab)
    }

    /// From an opening quote to behind the closing one.
    fn quote(&mut self, quote: u8) -> Finding {
        let open = self.at;
        self.at += 1;
        while let Some(byte) = self.byte(self.at) {
            self.at += 1;
            match byte {
                b'\\' if quote == b'"' => self.at += 1,
                b'\'' if quote == b'\'' && self.byte(self.at) == Some(b'\'') => self.at += 1,
                byte if byte == quote => {
                    return Finding::Quote {
                        open,
                        end: Some(self.at),
                    };
                }
                _ => {}
            }
        }
        Finding::Quote { open, end: None }
    }

    /// Skips a plain scalar up to the end of its line, stopping at a reference.
    fn plain(&mut self) -> Option<Finding> {
        while let Some(byte) = self.byte(self.at) {
            match byte {
                b'\n' => return None,
                b':' if self.blank_at(self.at + 1) => return None,
                b' ' | b'\t' if self.byte(self.at + 1) == Some(b'#') => return None,
                b'$' if self.depth > 0 && self.byte(self.at + 1) == Some(b'{') => return Some(self.reference()),
                b',' | b'[' | b']' | b'{' | b'}' if self.depth > 0 => return None,
                _ => self.at += 1,
            }
        }
        None
    }

    fn reference(&mut self) -> Finding {
        let dollar = self.at;
        let inner = self.bytes.get(dollar + 2..).unwrap_or_default();
        let stop = inner
            .iter()
            .position(|byte| matches!(byte, b'}' | b'{' | b'"' | b'\'' | b' ' | b'\t' | b'\r' | b'\n'));
        let end = stop
            .filter(|stop| inner.get(*stop) == Some(&b'}'))
            .map(|stop| dollar + 3 + stop);
        self.at = end.unwrap_or(dollar + 2);
        Finding::Reference { dollar, end }
    }

    /// Skips a block scalar: its header and every line that is blank or deeper than its parent.
    fn block_scalar(&mut self) {
        self.skip_line();
        while let Some(b'\n') = self.byte(self.at) {
            let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
            let indent = rest.iter().take_while(|byte| **byte == b' ').count();
            let blank = matches!(rest.get(indent), None | Some(b'\n' | b'\r'));
            if rest.is_empty() || !blank && indent <= self.indent {
                return;
            }
            self.at += 1;
            self.skip_line();
        }
    }

    fn mark_column(&mut self) {
        if self.in_prefix {
            self.indent = self.at - self.line_start;
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Finding;

    fn next(&mut self) -> Option<Finding> {
        loop {
            if self.fresh_line
                && let Some(at) = self.indenting_tab()
            {
                return Some(Finding::Tab { at });
            }
            match self.byte(self.at)? {
                b'\n' => {
                    self.at += 1;
                    self.enter_line();
                }
                b' ' | b'\t' | b'\r' | b',' => self.at += 1,
                b'#' => self.skip_line(),
                b'{' | b'[' => {
                    self.at += 1;
                    self.depth += 1;
                }
                b'}' | b']' => {
                    self.at += 1;
                    self.depth = self.depth.saturating_sub(1);
                    self.left |= self.depth == 0;
                }
                b'-' | b'?' if self.blank_at(self.at + 1) => {
                    self.mark_column();
                    self.at += 1;
                }
                b':' => self.at += 1,
                b'|' | b'>' if self.depth == 0 => self.block_scalar(),
                quote @ (b'"' | b'\'') => {
                    self.mark_column();
                    self.in_prefix = false;
                    return Some(self.quote(quote));
                }
                _ => {
                    self.mark_column();
                    self.in_prefix = false;
                    if let Some(found) = self.plain() {
                        return Some(found);
                    }
                }
            }
        }
    }
}

/// Where the line that holds `at` starts.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1)
}

/// Where the line that holds `at` ends, before its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let after = text.as_bytes().get(at..).unwrap_or_default();
    let length = after
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .unwrap_or(after.len());
    (at + length).min(text.len())
}
