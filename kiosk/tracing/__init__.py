"""The tracing console: where the tracing key is, people have names; engines and hubs only ever see pseudonyms."""
