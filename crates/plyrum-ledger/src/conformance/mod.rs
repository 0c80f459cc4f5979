//! What any backend must do, as stories that read as what a run does: generic over [`Store`], run for each
//! backend that there is. A new backend joins by a [`Lab`] of its own at the end of this file.
//!
//! Facts of one backend only (which commits are flushed, what a full disk does, migrations) are tested
//! beside it, in `tests/`.

mod adjusts;
mod approval_model;
mod approvals;
mod budgets;
mod edges;
mod holds;
mod labs;
pub(crate) mod limits;
mod model;
mod modes;
mod outbox;
mod races;
mod recovery;
mod runs;
mod settles;
mod stories;

use std::future::Future;

use crate::tests::*;
use crate::*;
use plyrum_billing_client::{Fx, PerMillion, RateCard, Rates, Usage};

/// Where stores of one backend are made, and die.
pub(crate) trait Lab {
    /// The backend.
    type Store: Store;

    /// A new, empty store.
    fn open(&self) -> Self::Store;

    /// The process dies without a word, and another one opens the same storage at `at`. What was answered
    /// is still there; what was under way is resolved.
    fn crash(&self, store: Self::Store, at: i64) -> impl Future<Output = (Self::Store, Recovery)>;

    /// A store with one run, `run`.
    async fn with_run(&self) -> Self::Store {
        let store = self.open();
        store.begin_run(new_run("run")).await.unwrap();
        store
    }

    /// The same, prepaid, with so much in it.
    async fn prepaid(&self, funds: i64) -> Self::Store {
        let store = self.with_run().await;
        store.set_mode(Mode::Prepaid, ModeSource::User, 100).await.unwrap();
        if funds > 0 {
            store.top_up(top_up("funds", funds)).await.unwrap();
        }
        store
    }
}

/// Every story, once for each backend.
macro_rules! suite {
    ($($module:ident: $($test:ident)*;)*) => {
        suite! { @backend in_memory labs::Memory; $($module: $($test)*;)* }
        suite! { @backend on_disk labs::Disk; $($module: $($test)*;)* }
    };
    (@backend $backend:ident $lab:path; $($module:ident: $($test:ident)*;)*) => {
        mod $backend {
            $(mod $module {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $test() {
                        use crate::conformance::*;
                        crate::conformance::$module::$test(&<$lab>::default()).await;
                    }
                )*
            })*
        }
    };
}

suite! {
    holds: a_layer_is_held_whole_or_not_at_all metered_mode_has_no_limit the_same_hold_again_gets_the_first_answer_and_takes_nothing an_id_with_other_content_is_an_error_that_names_it a_runs_budget_counts_what_it_spent_and_what_it_holds the_smaller_of_the_runs_own_budget_and_the_holds_counts under_a_limit_a_hold_that_bounds_nothing_is_refused_and_without_one_it_is_charged under_a_limit_an_unknown_price_is_refused_and_without_one_it_is_unpriced what_is_free_needs_no_money a_hold_needs_a_run_that_is_open nonsense_is_refused_before_anything_is_written amounts_at_the_edge_of_64_bits_are_refused_not_wrapped;
    settles: what_the_provider_says_is_compared_and_never_charged
        what_the_provider_says_of_another_currency_or_an_estimate_is_not_compared
        a_settle_gives_the_hold_back_and_posts_the_cost every_meter_unit_and_word_of_the_provider_is_kept a_repeated_settle_gets_the_first_answer_and_another_one_is_an_error an_attempt_is_resolved_once_settled_or_released an_estimate_starts_from_the_request_that_was_sent_not_from_its_bound a_cut_stream_is_charged_by_bytes_never_over_the_hold a_failure_without_output_costs_nothing_and_says_that_usage_is_missing what_costs_more_than_it_held_is_posted_whole_and_owed_until_paid in_metered_mode_the_excess_is_posted_and_nobody_owes_it a_usage_that_cannot_be_priced_is_estimated_and_flagged_not_lost a_card_without_the_rates_leaves_the_usage_as_reported_and_unpriced an_astronomic_cost_is_estimated_and_flagged a_providers_endless_usage_text_is_cut_and_flagged a_top_up_counts_once prepaid_starts_from_what_is_there_and_keeps_its_own_debt configuration_sets_the_mode_of_a_new_account_only;
    runs: a_runs_total_is_the_sum_of_its_rows a_run_does_not_end_while_money_is_held_for_it the_same_end_again_gets_the_same_totals_and_another_is_an_error a_run_begins_once a_run_can_end_with_a_smaller_plan;
    outbox: every_movement_of_money_has_its_body_in_order a_refusal_and_a_repeat_leave_no_body drained_bodies_do_not_come_again_and_ids_are_never_reused;
    races: of_a_thousand_parallel_holds_on_funds_for_ten_exactly_ten_are_granted of_a_thousand_parallel_holds_under_a_budget_for_ten_exactly_ten_are_granted parallel_holds_of_all_sizes_take_what_fits_and_refuse_what_does_not parallel_runs_never_spend_what_is_not_there a_thousand_repeats_of_one_hold_take_its_money_once;
    edges: an_account_is_filled_to_the_last_micro_ruble_and_not_one_further corrections_take_down_to_the_last_micro_ruble_with_what_is_held what_an_account_cannot_owe_is_not_charged_as_reported_but_estimated a_layer_has_at_most_64_attempts_and_a_run_of_them_is_held_whole a_price_that_is_not_small_or_a_request_that_is_too_long_is_refused a_refusal_of_the_account_names_the_money_that_is_there a_word_of_a_run_is_at_most_a_kibibyte;
    budgets: each_limit_shows_what_is_posted_in_its_window_and_what_is_held a_limit_on_each_run_or_session_is_told_to_each_of_them a_budget_is_told_when_it_changes_and_a_repeat_is_not of_two_equal_limits_the_configurations_is_named two_hundred_and_fifty_six_budgets_are_kept_and_not_one_more limits_that_make_no_sense_are_refused_with_the_hold_and_with_the_settle a_limit_on_one_is_none_on_another;
    limits: a_day_counts_what_is_posted_and_what_is_held yesterdays_charges_do_not_count_and_yesterdays_holds_do of_two_limits_on_the_same_the_lower_holds_and_is_named each_scope_limits_its_own_and_nobody_else a_providers_budget_counts_its_part_of_a_batch the_tightest_of_several_limits_is_told an_unknown_price_is_refused_under_any_limit half_four_fifths_and_all_are_told_once_in_a_window a_repeated_settle_tells_nothing_again a_budget_that_makes_no_sense_is_an_error a_thousand_holds_at_once_take_what_the_day_has_and_not_one_more;
    modes: a_mode_that_is_set_again_pays_nothing what_metered_runs_spent_is_closed_and_what_is_owed_stays a_change_of_mode_is_told_once_and_a_repeat_is_not an_account_with_money_is_no_longer_the_configurations;
    recovery: every_hold_is_resolved_and_every_run_has_an_end what_was_answered_survives_a_crash;
    approvals: what_is_asked_for_is_there_before_anybody_is_told_and_asked_once an_approval_needs_a_run_that_is_open
        the_first_answer_wins_and_everybody_else_sees_it of_many_answers_at_once_one_counts_and_its_action_runs_once
        at_the_deadline_nobody_can_answer_any_more what_is_due_expires_once_the_earliest_first
        an_action_runs_once_and_only_as_it_was_approved the_end_of_a_run_takes_its_approvals_along
        each_change_has_one_body_that_tells_it a_list_comes_newest_first_a_page_at_a_time
        a_run_that_waits_stays_open_across_a_crash_and_the_others_end a_parked_run_goes_on_from_its_checkpoint_once
        what_breaks_a_bound_is_refused_before_anything_is_written;
    adjusts: an_adjustment_gives_and_takes_with_a_reason_that_stays an_adjustment_counts_once what_an_adjustment_gives_pays_debt_first an_adjustment_without_reason_or_amount_is_refused;
}
