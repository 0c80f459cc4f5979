//! Double entry: every change of the account's money is a transfer between two books.
//!
//! A transfer is written as two entries whose amounts cancel, so Σ entries = 0 per currency by
//! construction, and nothing is ever updated or deleted (triggers in `schema.sql`).

use plyrum_billing_client::MicroRub;
use rusqlite::{Connection, params};

/// Where money is or goes. The account's `posted` is `Wallet` + `Debt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Book {
    /// The user's money.
    Wallet,
    /// What attempts cost beyond their holds in prepaid mode: negative until a top-up pays it.
    Debt,
    /// What models have cost.
    Spend,
    /// Where top-ups come from.
    Funding,
    /// What metered runs spent beyond the wallet: the user's keys paid the vendor for it.
    External,
    /// Corrections by a person.
    Adjustment,
}

impl Book {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Debt => "debt",
            Self::Spend => "spend",
            Self::Funding => "funding",
            Self::External => "external",
            Self::Adjustment => "adjustment",
        }
    }
}

/// One transfer of a positive amount; a zero one leaves no entries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transfer {
    pub from: Book,
    pub to: Book,
    pub amount: MicroRub,
    /// The word of the schema for why.
    pub kind: &'static str,
}

/// What the transfers of one transaction have in common.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Posting<'a> {
    pub at: i64,
    pub attempt: Option<&'a str>,
    pub reference: Option<&'a str>,
}

/// Writes the transfers as one transaction of the books and returns the ids of its entries.
pub(crate) fn post(
    conn: &Connection,
    posting: Posting<'_>,
    transfers: &[Transfer],
) -> rusqlite::Result<Vec<i64>> {
    post_for(conn, posting, None, transfers)
}

/// The same, with a person's reason for it.
pub(crate) fn post_for(
    conn: &Connection,
    posting: Posting<'_>,
    reason: Option<&str>,
    transfers: &[Transfer],
) -> rusqlite::Result<Vec<i64>> {
    let txn: i64 = conn
        .prepare_cached("SELECT coalesce(max(id), 0) + 1 FROM entries")?
        .query_row([], |row| row.get(0))?;
    let mut insert = conn.prepare_cached(
        "INSERT INTO entries (id, txn, account, amount, kind, attempt, ref, reason, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let mut ids = Vec::new();
    for transfer in transfers.iter().filter(|transfer| transfer.amount.get() > 0) {
        let amount = transfer.amount.get();
        for (book, amount) in [(transfer.from, -amount), (transfer.to, amount)] {
            let id = ids.last().map_or(txn, |last| last + 1);
            insert.execute(params![
                id,
                txn,
                book.as_str(),
                amount,
                transfer.kind,
                posting.attempt,
                posting.reference,
                reason,
                posting.at
            ])?;
            ids.push(id);
        }
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open;

    #[test]
    fn transfers_are_pairs_of_entries_of_one_transaction_with_all_that_is_known_of_them() {
        let conn = open::in_memory().unwrap().conn;
        let transfer =
            |from, to, amount| Transfer { from, to, amount: MicroRub::new(amount), kind: "top_up" };
        let posting = Posting { at: 77, attempt: None, reference: Some("t") };
        let pay = [transfer(Book::Funding, Book::Debt, 3), transfer(Book::Funding, Book::Wallet, 4)];
        assert_eq!(post_for(&conn, posting, Some("because"), &pay), Ok(vec![1, 2, 3, 4]));
        let nothing = [transfer(Book::Funding, Book::Debt, 0), transfer(Book::External, Book::Wallet, 5)];
        assert_eq!(
            post(&conn, Posting::default(), &nothing),
            Ok(vec![5, 6]),
            "a transfer of nothing has no entries"
        );
        let mut select = conn
            .prepare("SELECT txn || ' ' || account || ' ' || amount || ' ' || at || ' ' || coalesce(ref || ' ' || reason, '-') FROM entries ORDER BY id")
            .unwrap();
        let rows: Vec<String> = select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(
            rows,
            [
                "1 funding -3 77 t because",
                "1 debt 3 77 t because",
                "1 funding -4 77 t because",
                "1 wallet 4 77 t because",
                "5 external -5 0 -",
                "5 wallet 5 0 -",
            ]
        );
    }
}
