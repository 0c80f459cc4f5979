//! Who sits together: the panels that the pack's description names, and the one of the published cascade.

/// Models that are asked the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panel {
    /// Its name, as predictions give it.
    pub name: &'static str,
    /// Models by their recorded names.
    pub models: &'static [&'static str],
}

/// All of them.
pub const PANELS: &[Panel] = &[
    Panel {
        name: "near5",
        models: &[
            "gpt-4o-2024-05-13",
            "claude-3-5-sonnet-20240620",
            "Mistral-Large-2",
            "Meta-Llama-3.1-70B-Instruct",
            "deepseek-v2.5-0908",
        ],
    },
    Panel {
        name: "open5",
        models: &[
            "Meta-Llama-3.1-70B-Instruct",
            "Qwen2-72B-Instruct",
            "Meta-Llama-3-70B-Instruct",
            "Athene-70B",
            "gemma-2-27b-it",
        ],
    },
    Panel {
        name: "small5",
        models: &[
            "gemma-2-9b-it",
            "Meta-Llama-3.1-8B-Instruct",
            "Qwen2-7B-Instruct",
            "Meta-Llama-3-8B-Instruct",
            "Phi-3.5-mini-instruct",
        ],
    },
    Panel {
        name: "cheap3",
        models: &["gpt-4o-mini-2024-07-18", "gemini-1.5-flash", "claude-3-haiku-20240307"],
    },
    Panel {
        name: "mixed5",
        models: &[
            "claude-3-5-sonnet-20241022",
            "gpt-4o-mini-2024-07-18",
            "gemma-2-9b-it",
            "Qwen2-7B-Instruct",
            "gpt-3.5-turbo-0125",
        ],
    },
    // A strong model behind two that cost a twentieth of it: what a cascade is for.
    Panel {
        name: "cascade3",
        models: &["claude-3-5-sonnet-20241022", "gpt-4o-mini-2024-07-18", "gemini-1.5-flash"],
    },
];
