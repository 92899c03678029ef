-- Version 4: time to the first token of streamed replies, so that summaries need not read every reply.

ALTER TABLE call ADD COLUMN ttft_ms INTEGER;
