//! The amounts of a charge before its one rounding, exact: millionths of micro-units of a currency (1e-12).

use plyrum_billing_client::{Fee, Usage};
use plyrum_ledger::Price;

/// A unit of currency has so many.
const PER_UNIT: u128 = 1_000_000_000_000;
const DECIMALS: usize = 12;

/// One fee: micro-units.
pub(super) fn of_fee(fee: Fee) -> i128 {
    i128::from(fee.get()) * 1_000_000
}

/// Σ meters × prices + fees: the formula's sum. `None` where something used has no price.
pub(super) fn of(usage: &Usage, price: &Price) -> Option<i128> {
    let rates = price.card.at(usage.total_input());
    let tokens = [
        (usage.input, rates.input),
        (usage.cache_read, rates.cache_read),
        (usage.cache_write_5m, rates.cache_write_5m),
        (usage.cache_write_1h, rates.cache_write_1h),
        (usage.output, rates.output),
        (usage.reasoning, rates.reasoning),
    ];
    let mut sum = price.card.request_fee.map_or(0, of_fee);
    for (count, rate) in tokens.into_iter().filter(|(count, _)| *count > 0) {
        sum = sum.checked_add(i128::from(count).checked_mul(i128::from(rate?.get()))?)?;
    }
    for (unit, count) in usage.units.iter().filter(|(_, count)| **count > 0) {
        sum = sum.checked_add(i128::from(*count).checked_mul(of_fee(*price.card.unit_fees.get(unit)?))?)?;
    }
    Some(sum)
}

/// As a decimal of at least two places.
pub(super) fn decimal(amount: i128) -> String {
    let (whole, rest) = (amount.unsigned_abs() / PER_UNIT, amount.unsigned_abs() % PER_UNIT);
    let digits = format!("{rest:0DECIMALS$}");
    format!("{whole}.{:0<2}", digits.trim_end_matches('0'))
}

/// The same in rubles by the charge's rate; `…` where more digits follow.
pub(super) fn in_rubles(sum: i128, price: &Price) -> String {
    let (num, den) = (price.fx.num(), price.fx.den());
    match sum.unsigned_abs().checked_mul(num) {
        Some(product) if den > 0 => {
            let exact = i128::try_from(product / den).map(decimal).unwrap_or_default();
            if product % den == 0 { exact } else { format!("{exact}…") }
        }
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_decimals_of_at_least_two_places() {
        let told = [0, 1, 4_920_000_000, 1_000_000_000_000, 1_500_000_000_000].map(decimal);
        assert_eq!(told, ["0.00", "0.000000000001", "0.00492", "1.00", "1.50"]);
    }
}
