//! When a connection is synced.

use countersign::connection::{Request, ScheduleType};

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 1440 * MINUTE;

/// The minutes between two syncs, if a connection does not say.
const FREQUENCY: u32 = 360;

/// When a connection is synced. Times are in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Only when somebody asks for it: `schedule_type` manual, or `paused`.
    Manual,
    /// So often.
    Every {
        /// Microseconds between two.
        period: i64,
    },
    /// Once a day.
    Daily {
        /// When, in microseconds since midnight in UTC.
        at: i64,
    },
}

impl Schedule {
    /// The schedule that a connection states: `schedule_type`, `paused`, `sync_frequency`, and, with 1440, `daily_sync_time`.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        if request.paused == Some(true) || request.schedule_type == Some(ScheduleType::Manual) {
            return Self::Manual;
        }
        let minutes = request.sync_frequency.unwrap_or(FREQUENCY);
        match request.daily_sync_time.as_deref().and_then(time_of_day) {
            Some(at) if minutes == 1440 => Self::Daily { at },
            _ => Self::Every { period: i64::from(minutes) * MINUTE },
        }
    }

    /// The schedule of these columns of the metadata: the microseconds between two syncs, and of a sync once a day those since midnight.
    #[must_use]
    pub fn of_columns(period: Option<i64>, daily_at: Option<i64>) -> Self {
        match (period, daily_at) {
            (_, Some(at)) => Self::Daily { at },
            (Some(period), None) => Self::Every { period },
            (None, None) => Self::Manual,
        }
    }

    /// What the metadata has of it: the microseconds between two syncs, and those since midnight.
    #[must_use]
    pub fn columns(self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Manual => (None, None),
            Self::Every { period } => (Some(period), None),
            Self::Daily { at } => (None, Some(at)),
        }
    }

    /// The microseconds between two syncs; none if nothing syncs by itself.
    #[must_use]
    pub fn period(self) -> Option<i64> {
        match self {
            Self::Manual => None,
            Self::Every { period } => Some(period),
            Self::Daily { .. } => Some(DAY),
        }
    }

    /// Whether a sync is due `now`, if the last one began at `last`. One that is said to have begun in the future shows that the clock
    /// was set back: then one is due, and the next ones follow the clock as it is.
    #[must_use]
    pub fn is_due(self, last: Option<i64>, now: i64) -> bool {
        let next = match (self, last) {
            (Self::Manual, _) => return false,
            (_, None) => return true,
            (_, Some(last)) if last > now => return true,
            (Self::Every { period }, Some(last)) => last.saturating_add(period),
            (Self::Daily { at }, Some(last)) => {
                let midnight = last - last.rem_euclid(DAY);
                if midnight + at > last { midnight + at } else { midnight + DAY + at }
            }
        };
        now >= next
    }
}

/// `HH:MM` as microseconds since midnight.
fn time_of_day(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    Some((hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?) * MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64, hour: i64, minute: i64) -> i64 {
        day * DAY + (hour * 60 + minute) * MINUTE
    }

    #[test]
    fn a_period_begins_with_the_last_sync() {
        let schedule = Schedule::Every { period: 15 * MINUTE };
        assert!(schedule.is_due(None, 0));
        let last = at(20_000, 23, 50);
        for (now, is_due) in [(at(20_001, 0, 4), false), (at(20_001, 0, 5), true), (at(20_009, 0, 0), true)] {
            assert_eq!(schedule.is_due(Some(last), now), is_due);
        }
        // The clock was set back.
        assert!(schedule.is_due(Some(last), at(19_999, 0, 0)));
        assert!(!Schedule::Manual.is_due(None, last));
    }

    #[test]
    fn once_a_day_is_at_its_time() {
        let schedule = Schedule::Daily { at: (14 * 60 + 30) * MINUTE };
        for (last, now, is_due) in [
            (at(20_000, 14, 29), at(20_000, 14, 29), false),
            (at(20_000, 14, 29), at(20_000, 14, 30), true),
            (at(20_000, 14, 30), at(20_001, 14, 29), false),
            (at(20_000, 14, 30), at(20_001, 14, 30), true),
            (at(20_000, 23, 0), at(20_001, 14, 29), false),
            (at(20_000, 9, 0), at(20_003, 0, 0), true),
        ] {
            assert_eq!(schedule.is_due(Some(last), now), is_due, "{last} {now}");
        }
    }

    #[test]
    fn a_connection_says_when() {
        let schedule = |fields: &str| {
            let text = format!(
                r#"{{"service": "webhooks", "group_id": "g", {fields} "config": {{"schema": "s", "table": "t", "auth_method": "NONE"}}}}"#
            );
            Schedule::of(&countersign::connection::Connection::from_json(&text).unwrap().request.unwrap())
        };
        assert_eq!(schedule(""), Schedule::Every { period: 360 * MINUTE });
        assert_eq!(schedule(r#""sync_frequency": 5,"#), Schedule::Every { period: 5 * MINUTE });
        assert_eq!(
            schedule(r#""sync_frequency": 1440, "daily_sync_time": "03:05","#),
            Schedule::Daily { at: 185 * MINUTE }
        );
        assert_eq!(
            schedule(r#""sync_frequency": 60, "daily_sync_time": "03:05","#),
            Schedule::Every { period: 60 * MINUTE }
        );
        assert_eq!(schedule(r#""paused": true,"#), Schedule::Manual);
        assert_eq!(schedule(r#""schedule_type": "manual","#), Schedule::Manual);
    }
}
