// Spans of time as JSON in the Chrome trace event format, which chrome://tracing and Perfetto show. Pure text.
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU

/** Something that took time, in milliseconds. */
export interface Span {
  readonly name: string;
  readonly start: number;
  readonly duration: number;
  /** What a viewer shows when it is chosen. */
  readonly args: object;
}

/** Spans that stand in one line of a viewer. */
export interface Track {
  readonly process: string;
  readonly thread: string;
  readonly spans: readonly Span[];
}

/** The tracks as JSON, in order of time; `origin` is time 0. */
export function chromeTrace(tracks: readonly Track[], origin: number): string {
  const micro = (milliseconds: number) => Math.round(milliseconds * 1e6) / 1e3;
  const processes = [...new Set(tracks.map(({ process }) => process))];
  const names = processes.map((name, at) => ({ name: 'process_name', ph: 'M', ts: 0, pid: at + 1, args: { name } }));
  const threads: object[] = [];
  const events: { readonly ts: number; readonly [field: string]: unknown }[] = [];
  tracks.forEach(({ process, thread, spans }, at) => {
    const place = { pid: processes.indexOf(process) + 1, tid: at + 1 };
    threads.push({ name: 'thread_name', ph: 'M', ts: 0, ...place, args: { name: thread } });
    for (const { name, start, duration, args } of spans)
      events.push({ name, ph: 'X', ts: micro(start - origin), dur: micro(duration), ...place, args });
  });
  const traceEvents = [...names, ...threads, ...events.sort((a, b) => a.ts - b.ts)];
  return JSON.stringify({ traceEvents, displayTimeUnit: 'ms' });
}
