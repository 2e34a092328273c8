//! What holds of every message, however hostile.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::super::{Discord, Plain, Telegram, render};
use super::hostile::{any_message, any_piece, expected, hostile, look, shown, spoken, visible};
use super::*;

/// What a dialect's reader sees of a part; fails where words of the message act.
type Reader = fn(&str) -> Result<String, TestCaseError>;

fn read_discord(part: &str) -> Result<String, TestCaseError> {
    let reading = super::discord::read(part);
    prop_assert!(reading.surprises.is_empty(), "{:?} in {}", reading.surprises, part);
    Ok(reading.seen)
}

fn read_telegram(part: &str) -> Result<String, TestCaseError> {
    let reading = super::telegram::read(part).map_err(TestCaseError::fail)?;
    prop_assert!(reading.count() <= 4_096 && reading.marks <= 100);
    Ok(reading.seen)
}

fn check(parts: &[String], read: Reader, limit: usize, count: fn(&str) -> usize) -> Result<Vec<String>, TestCaseError> {
    prop_assert!(!parts.is_empty());
    for part in parts {
        prop_assert!(count(part) <= limit, "{} of {} in {}", count(part), limit, part);
        prop_assert!(!part.trim().is_empty() && part.trim() == part, "{:?}", part);
    }
    parts.iter().map(|part| read(part)).collect()
}

fn count_discord(part: &str) -> usize {
    part.chars().count()
}

fn count_telegram(part: &str) -> usize {
    super::telegram::read(part).map_or(usize::MAX, |reading| reading.count())
}

proptest! {
    #[test]
    fn words_arrive_as_their_characters(message in any_message(spoken())) {
        let expected = expected(&message).join("\n");
        let expected = if expected.is_empty() { "…" } else { &expected };
        let discord = check(&render(&message, &Discord, None), read_discord, 2_000, count_discord)?;
        let telegram = check(&render(&message, &Telegram, None), read_telegram, 4_096, count_telegram)?;
        prop_assert_eq!(telegram.join("\n"), expected);
        // Where escapes made it too long it was cut, and a cut takes whitespace.
        if discord.len() == 1 {
            prop_assert_eq!(discord.concat(), expected);
        }
        prop_assert_eq!(visible(&discord.concat()), visible(expected));
    }

    #[test]
    fn looks_are_of_the_words_that_have_them(text in hostile(), look in look(), before in hostile(), after in hostile()) {
        let pieces = vec![words(&before), Piece::Words { text: text.clone(), look }, words(&after)];
        let parts = render(&message("", vec![Block::Text(pieces)]), &Discord, None);
        let reading = super::discord::read(&parts[0]);
        let (strong, struck) = (visible(&reading.strong), visible(&reading.struck));
        let text = shown(&text);
        prop_assert_eq!(strong, if look == Look::Strong { visible(&text) } else { String::new() });
        // Discord ends struck words at a tilde: these are not struck, and neither is what stands above them.
        let without: String = text.graphemes(true).filter(|grapheme| !grapheme.contains('~')).collect();
        prop_assert_eq!(struck, if look == Look::Struck { visible(&without) } else { String::new() });
    }

    #[test]
    fn cut_messages_lose_nothing(message in any_message(spoken()), limit in 16..120_usize) {
        let expected = visible(&expected(&message).concat());
        let expected = if expected.is_empty() { "…" } else { &expected };
        let discord = check(&render(&message, &Narrow(Discord, limit), None), read_discord, limit, count_discord)?;
        prop_assert_eq!(visible(&discord.concat()), expected);
        let telegram = check(&render(&message, &Narrow(Telegram, limit), None), read_telegram, limit, count_telegram)?;
        prop_assert_eq!(visible(&telegram.concat()), expected);
    }

    #[test]
    fn cut_messages_stay_whole_in_their_markup(
        message in any_message(any_piece()),
        limit in 24..400_usize,
        mention in prop::bool::ANY,
    ) {
        let mention = mention.then_some("<https://anna.example>");
        let discord = render(&message, &Narrow(Discord, limit), mention);
        check(&discord, read_discord, limit, count_discord)?;
        for (index, part) in discord.iter().enumerate().skip(1) {
            prop_assert!(!part.contains("anna.example"), "{} in {}", index, part);
        }
        let mention = mention.map(|_| "<a href=\"tg://user?id=1\">Anna</a>");
        check(&render(&message, &Narrow(Telegram, limit), mention), read_telegram, limit, count_telegram)?;
        let plain = render(&message, &Plain { limit: Some(limit) }, None);
        check(&plain, |part| Ok(part.to_owned()), limit, |part| part.encode_utf16().count())?;
        let whole = render(&message, &Plain { limit: None }, None);
        prop_assert_eq!(whole.len(), 1);
    }

    #[test]
    fn links_lead_where_they_are_said_to(texts in prop::collection::vec((hostile(), hostile()), 1..6)) {
        let url = |rest: &str| format!("https://school.example/?{rest}");
        let line: Vec<Piece> = texts.iter().flat_map(|(text, rest)| [link(text, &url(rest)), words(" ")]).collect();
        let message = message("", vec![Block::Text(line)]);
        let expected: Vec<String> = texts.iter().map(|(_, rest)| decoded(&url(rest.trim_end()))).collect();
        let parts = render(&message, &Discord, None);
        read_discord(&parts[0])?;
        let discord = super::discord::read(&parts[0]).links;
        prop_assert_eq!(discord.iter().map(|url| decoded(url)).collect::<Vec<_>>(), expected.clone());
        let telegram = super::telegram::read(&render(&message, &Telegram, None)[0]).map_err(TestCaseError::fail)?.links;
        prop_assert_eq!(telegram.iter().map(|url| decoded(url)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn shortened_messages_are_one_text(message in any_message(any_piece()), limit in 24..400_usize) {
        let message = Message { too_long: TooLong::Shorten, ..message };
        let discord = render(&message, &Narrow(Discord, limit), Some("<https://anna.example>"));
        prop_assert_eq!(discord.len(), 1);
        check(&discord, read_discord, limit, count_discord)?;
        let telegram = render(&message, &Narrow(Telegram, limit), None);
        prop_assert_eq!(telegram.len(), 1);
        let seen = check(&telegram, read_telegram, limit, count_telegram)?.concat();
        let whole = render(&message, &Narrow(Telegram, 1_000_000), None);
        let read: Reader = |part| super::telegram::read(part).map(|whole| whole.seen).map_err(TestCaseError::fail);
        let whole = check(&whole, read, 1_000_000, count_telegram)?.concat();
        if seen != whole {
            let kept = seen.match_indices('…').any(|(cut, sign)| {
                let (head, tail) = (&seen[..cut], &seen[cut + sign.len()..]);
                visible(&whole).starts_with(&visible(head)) && whole.ends_with(tail)
            });
            prop_assert!(kept, "{} of {}", seen, whole);
        }
    }
}

/// Returns an address without its percent-encoding, as the server that gets it would.
fn decoded(url: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = url.as_bytes();
    while let [first, after @ ..] = rest {
        let encoded = (*first == b'%' && after.len() >= 2).then(|| std::str::from_utf8(&after[..2]).ok()).flatten();
        match encoded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &after[2..]).1,
            None => (bytes.push(*first), rest = after).1,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
