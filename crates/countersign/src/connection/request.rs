//! The fields around `config` in a whole request body. countersign does not use them, but checks them, so that a file
//! kept for the service's API is known to be valid.

use super::config::Config;
use super::idle::Reader;
use crate::error::ConfigError;
use crate::json::Node;
use crate::printable::quoted;

/// The fields of `POST /v1/connections` around `config`; `None` if absent.
///
/// The values are those in the service's API reference,
/// <https://fivetran.com/docs/rest-api/api-reference/connections/create-connection>.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// `group_id`: the destination group. Required.
    pub group_id: String,
    /// `trust_certificates`
    pub trust_certificates: Option<bool>,
    /// `trust_fingerprints`
    pub trust_fingerprints: Option<bool>,
    /// `run_setup_tests`
    pub run_setup_tests: Option<bool>,
    /// `paused`
    pub paused: Option<bool>,
    /// `pause_after_trial`
    pub pause_after_trial: Option<bool>,
    /// `sync_frequency`, in minutes.
    pub sync_frequency: Option<u32>,
    /// `data_delay_sensitivity`
    pub data_delay_sensitivity: Option<DataDelaySensitivity>,
    /// `data_delay_threshold`, in minutes; used with `CUSTOM` sensitivity.
    pub data_delay_threshold: Option<u32>,
    /// `daily_sync_time`, as `HH:MM`; used with a `sync_frequency` of 1440.
    pub daily_sync_time: Option<String>,
    /// `schedule_type`
    pub schedule_type: Option<ScheduleType>,
    /// `connect_card_config.redirect_uri`
    pub redirect_uri: Option<String>,
    /// `connect_card_config.hide_setup_guide`
    pub hide_setup_guide: Option<bool>,
    /// `proxy_agent_id`
    pub proxy_agent_id: Option<String>,
    /// `private_link_id`
    pub private_link_id: Option<String>,
    /// `networking_method`
    pub networking_method: Option<NetworkingMethod>,
    /// `hybrid_deployment_agent_id`
    pub hybrid_deployment_agent_id: Option<String>,
    /// `destination_configuration.virtual_warehouse`
    pub virtual_warehouse: Option<String>,
    /// `destination_schema_names`
    pub destination_schema_names: Option<SchemaNames>,
}

/// `data_delay_sensitivity`: when a late sync is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the service's")]
pub enum DataDelaySensitivity {
    Low,
    Normal,
    High,
    Custom,
    SyncFrequency,
}

/// `schedule_type`: who starts a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScheduleType {
    /// `auto`: the service, by its schedule.
    Auto,
    /// `manual`: a call of the API.
    Manual,
}

/// `networking_method`: how the source is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the service's")]
pub enum NetworkingMethod {
    Directly,
    PrivateLink,
    SshTunnel,
    ProxyAgent,
}

/// `destination_schema_names`: whose naming rules apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaNames {
    /// `FIVETRAN_NAMING`
    Fivetran,
    /// `SOURCE_NAMING`
    Source,
}

/// The fields that only Fivetran's own service knows stand at the end.
const FIELDS_OF_A_SERVICE: &[&str] = &[
    "group_id",
    "service",
    "trust_certificates",
    "trust_fingerprints",
    "run_setup_tests",
    "paused",
    "pause_after_trial",
    "sync_frequency",
    "data_delay_sensitivity",
    "data_delay_threshold",
    "daily_sync_time",
    "schedule_type",
    "connect_card_config",
    "proxy_agent_id",
    "private_link_id",
    "networking_method",
    "hybrid_deployment_agent_id",
    "destination_configuration",
    "destination_schema_names",
    "config",
    "schedule",
    "external_secrets_manager_id",
    "external_secrets_keys_config",
];
const FIELDS: &[&str] = FIELDS_OF_A_SERVICE.split_at(FIELDS_OF_A_SERVICE.len() - 3).0;
const FIELDS_OF_FIVETRAN: &[&str] = FIELDS_OF_A_SERVICE.split_at(FIELDS.len()).1;

/// Minutes between syncs that the service offers.
const SYNC_FREQUENCIES: [u32; 11] = [1, 5, 15, 30, 60, 120, 180, 360, 480, 720, 1440];

impl Request {
    /// Whether an object is a whole request rather than a bare `config`: they have no field in common.
    pub(super) fn is_whole(root: &Node<'_>) -> Result<bool, ConfigError> {
        Ok(root.field_names()?.iter().any(|name| FIELDS.contains(&name.as_str())))
    }

    pub(super) fn read(root: &Node<'_>, reader: &mut Reader) -> Result<(Self, Config), ConfigError> {
        let object = root.object(if reader.is_service() { FIELDS_OF_A_SERVICE } else { FIELDS })?;
        let required = |field: &str| root.required(&object, field);
        required("service")?.one_of(&[("webhooks", ())])?;
        let card_fields: &[&str] = if reader.is_service() {
            &["redirect_uri", "hide_setup_guide", "all_fields"]
        } else {
            &["redirect_uri", "hide_setup_guide"]
        };
        let connect_card = object.read("connect_card_config", |node| node.object(card_fields))?;
        let all_fields = connect_card.as_ref().and_then(|card| card.get("all_fields"));
        for node in FIELDS_OF_FIVETRAN.iter().filter_map(|name| object.get(name)).chain(all_fields) {
            reader.idle(node, "is for Fivetran's own service alone")?;
        }
        let destination = object.read("destination_configuration", |node| node.object(&["virtual_warehouse"]))?;
        let flag = |field| object.read(field, Node::boolean);
        let text = |field| object.read(field, Node::string);
        let request = Self {
            group_id: required("group_id")?.string()?,
            trust_certificates: flag("trust_certificates")?,
            trust_fingerprints: flag("trust_fingerprints")?,
            run_setup_tests: flag("run_setup_tests")?,
            paused: flag("paused")?,
            pause_after_trial: flag("pause_after_trial")?,
            sync_frequency: object.read("sync_frequency", sync_frequency)?,
            data_delay_sensitivity: object.read("data_delay_sensitivity", |node| {
                node.one_of(&[
                    ("LOW", DataDelaySensitivity::Low),
                    ("NORMAL", DataDelaySensitivity::Normal),
                    ("HIGH", DataDelaySensitivity::High),
                    ("CUSTOM", DataDelaySensitivity::Custom),
                    ("SYNC_FREQUENCY", DataDelaySensitivity::SyncFrequency),
                ])
            })?,
            data_delay_threshold: object.read("data_delay_threshold", Node::number)?,
            daily_sync_time: object.read("daily_sync_time", time_of_day)?,
            schedule_type: object.read("schedule_type", |node| {
                node.one_of(&[("auto", ScheduleType::Auto), ("manual", ScheduleType::Manual)])
            })?,
            redirect_uri: connect_card.as_ref().map_or(Ok(None), |card| card.read("redirect_uri", Node::string))?,
            hide_setup_guide: connect_card
                .as_ref()
                .map_or(Ok(None), |card| card.read("hide_setup_guide", Node::boolean))?,
            proxy_agent_id: text("proxy_agent_id")?,
            private_link_id: text("private_link_id")?,
            networking_method: object.read("networking_method", |node| {
                node.one_of(&[
                    ("Directly", NetworkingMethod::Directly),
                    ("PrivateLink", NetworkingMethod::PrivateLink),
                    ("SshTunnel", NetworkingMethod::SshTunnel),
                    ("ProxyAgent", NetworkingMethod::ProxyAgent),
                ])
            })?,
            hybrid_deployment_agent_id: text("hybrid_deployment_agent_id")?,
            virtual_warehouse: destination.map_or(Ok(None), |object| object.read("virtual_warehouse", Node::string))?,
            destination_schema_names: object.read("destination_schema_names", |node| {
                node.one_of(&[("FIVETRAN_NAMING", SchemaNames::Fivetran), ("SOURCE_NAMING", SchemaNames::Source)])
            })?,
        };
        Ok((request, Config::read(required("config")?, true, reader)?))
    }
}

fn sync_frequency(node: &Node<'_>) -> Result<u32, ConfigError> {
    let minutes = node.number()?;
    if SYNC_FREQUENCIES.contains(&minutes) {
        return Ok(minutes);
    }
    let allowed = SYNC_FREQUENCIES.map(|minutes| minutes.to_string()).join(", ");
    Err(node.error(format!("found {minutes}; allowed are {allowed} (minutes)")))
}

fn time_of_day(node: &Node<'_>) -> Result<String, ConfigError> {
    let time = node.string()?;
    let is_valid = match time.as_bytes() {
        [a, b, b':', c, d] => {
            [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()) && time[..2] < *"24" && time[3..] < *"60"
        }
        _ => false,
    };
    if is_valid {
        Ok(time)
    } else {
        Err(node.error(format!("found {}; expected a time of day such as \"14:00\"", quoted(&time))))
    }
}
