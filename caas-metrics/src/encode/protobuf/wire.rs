//! The wire format of protobuf: keys, varints, and messages with their length before them.
//!
//! Not here: which fields there are. Invariant: every varint has the fewest bytes, those of lengths
//! too, although a message is written before its length is known.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>

/// The key of a field with a varint.
pub(super) const fn varint_key(field: u8) -> u32 {
    (field as u32) << 3
}

/// The key of a field with eight bytes.
pub(super) const fn double_key(field: u8) -> u32 {
    (field as u32) << 3 | 1
}

/// The key of a field with a length: a text, a message, or packed numbers.
pub(super) const fn message_key(field: u8) -> u32 {
    (field as u32) << 3 | 2
}

/// Writes a number in groups of seven bits, the lowest first.
#[inline]
pub(super) fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// How many bytes a varint has.
#[inline]
pub(super) const fn width(number: u64) -> usize {
    (number | 1).ilog2() as usize / 7 + 1
}

/// Writes a signed number so that one near zero is short, whatever its sign.
pub(super) fn signed(out: &mut Vec<u8>, number: i64) {
    varint(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

/// Writes a field with a number.
#[inline]
pub(super) fn number(out: &mut Vec<u8>, field: u8, number: u64) {
    varint(out, u64::from(varint_key(field)));
    varint(out, number);
}

/// How many bytes a field with a float has, for a field below 16.
pub(super) const DOUBLE: usize = 9;

/// A field with a float.
#[inline]
pub(super) fn double_field(field: u8, value: f64) -> [u8; DOUBLE] {
    let mut bytes = [0; DOUBLE];
    bytes[0] = double_key(field) as u8;
    bytes[1..].copy_from_slice(&value.to_le_bytes());
    bytes
}

/// Writes a field with a float.
#[inline]
pub(super) fn double(out: &mut Vec<u8>, field: u8, value: f64) {
    out.extend_from_slice(&double_field(field, value));
}

/// Writes a field with a text.
pub(super) fn text(out: &mut Vec<u8>, field: u8, text: &str) {
    varint(out, u64::from(message_key(field)));
    varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Writes a field with a message, or with packed numbers.
#[inline]
pub(super) fn message(out: &mut Vec<u8>, field: u8, write: impl FnOnce(&mut Vec<u8>)) {
    varint(out, u64::from(message_key(field)));
    let length = Length::reserve(out, 1);
    write(out);
    length.fill(out);
}

/// The place of a length that is not known yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Length {
    place: usize,
    reserved: usize,
}

impl Length {
    /// Leaves room for a length of this many bytes, at most ten.
    #[inline]
    pub(super) fn reserve(out: &mut Vec<u8>, reserved: usize) -> Self {
        let place = out.len();
        out.resize(place + reserved, 0);
        Self { place, reserved }
    }

    /// How long what follows the room is so far.
    #[inline]
    pub(super) fn of(self, out: &[u8]) -> usize {
        out.len().saturating_sub(self.place + self.reserved)
    }

    /// Writes the length of what follows the room, and returns how many bytes it has. If that is not
    /// what was reserved, what follows is moved.
    #[inline]
    pub(super) fn fill(self, out: &mut Vec<u8>) -> usize {
        let Self { place, reserved } = self;
        let begin = place + reserved;
        let mut length = (out.len() - begin) as u64;
        let width = width(length);
        if width != reserved {
            moved(out, begin, place + width);
        }
        for byte in &mut out[place..place + width - 1] {
            *byte = length as u8 | 0x80;
            length >>= 7;
        }
        out[place + width - 1] = length as u8;
        width
    }
}

/// Moves all bytes from one place on to another.
#[cold]
fn moved(out: &mut Vec<u8>, from: usize, to: usize) {
    let end = out.len();
    out.resize(end.max(end - from + to), 0);
    out.copy_within(from..end, to);
    out.truncate(end - from + to);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn numbers_are_those_of_the_documentation() {
        assert_eq!(written(|out| varint(out, 0)), [0]);
        assert_eq!(written(|out| varint(out, 150)), [0x96, 0x01]);
        assert_eq!(written(|out| varint(out, u64::MAX)).len(), 10);
        for (number, coded) in [(0, 0), (-1, 1), (1, 2), (-2, 3), (i64::MAX, u64::MAX - 1)] {
            assert_eq!(written(|out| signed(out, number)), written(|out| varint(out, coded)));
        }
        assert_eq!(written(|out| signed(out, i64::MIN)), written(|out| varint(out, u64::MAX)));
        assert_eq!(written(|out| number(out, 1, 150)), [0x08, 0x96, 0x01]);
        assert_eq!(written(|out| text(out, 2, "testing")), b"\x12\x07testing");
        assert_eq!(written(|out| double(out, 1, 2.0)), [9, 0, 0, 0, 0, 0, 0, 0, 0x40]);
        // A key above 15 has two bytes.
        assert_eq!(written(|out| message(out, 16, |_| ())), [0x82, 0x01, 0]);
    }

    proptest! {
        #[test]
        fn a_width_is_that_of_the_varint(number: u64, shift in 0_u32..64) {
            let number = number >> shift;
            prop_assert_eq!(written(|out| varint(out, number)).len(), width(number));
        }

        #[test]
        fn a_length_is_right_whatever_was_reserved(
            before in 0_usize..20,
            length in prop::sample::select(&[0_u32, 1, 127, 128, 129, 16_383, 16_384, 20_000][..]),
            reserved in 1_usize..6,
        ) {
            let mut out = vec![7; before];
            let place = Length::reserve(&mut out, reserved);
            out.extend((0..length).map(|n| n as u8));
            prop_assert_eq!(place.fill(&mut out), width(length.into()));
            let mut expected = vec![7; before];
            varint(&mut expected, length.into());
            expected.extend((0..length).map(|n| n as u8));
            prop_assert_eq!(out, expected);
        }
    }
}
