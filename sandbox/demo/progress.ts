import { createLogUpdate } from 'log-update';

/** Stages of the demo, in the order a month runs through them. */
export const demoStages = {
  servers: 'servers up',
  collect: 'collect orders 注文取込',
  select: 'select who is billed 請求対象の選定',
  authFiles: 'authorization files オーソリ用CSV作成',
  authUpload: 'upload at Paygent → 受付番号',
  authMail: 'completion mail 処理完了メール',
  authResult: 'result files reconciled 結果照合',
  captureFiles: 'capture files 売上用CSV作成',
  captureResult: 'captured 消込済',
} as const;
export type DemoStage = keyof typeof demoStages;

export interface Progress {
  /** Tells how far a stage is; a total makes a bar. */
  show(stage: DemoStage, state: StageState): void;
  /** Leaves the list as it stands. */
  end(): void;
}

export interface StageState {
  readonly done: boolean;
  readonly detail?: string;
  readonly count?: number;
  readonly total?: number;
}

const BAR_WIDTH = 24;
const LABEL_WIDTH = 40;
const REDRAW_MS = 80;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** A live list on a terminal; elsewhere one plain line at each change. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? createLiveList(stream) : createPlainLines(stream);
}

function createLiveList(stream: NodeJS.WriteStream): Progress {
  const states = new Map<DemoStage, StageState>();
  const draw = createLogUpdate(stream);
  let frame = 0;
  const redraw = () => {
    frame += 1;
    const lines = Object.entries(demoStages).map(([stage, label]) => {
      const state = states.get(stage as DemoStage);
      const spinner = SPINNER[frame % SPINNER.length] ?? '';
      const mark = state === undefined ? '·' : state.done ? '✔' : spinner;
      return ` ${mark} ${pad(label, LABEL_WIDTH)} ${state ? describe(state) : ''}`.trimEnd();
    });
    draw(lines.join('\n'));
  };
  const timer = setInterval(redraw, REDRAW_MS);
  return {
    show: (stage, state) => {
      states.set(stage, state);
    },
    end: () => {
      clearInterval(timer);
      redraw();
      draw.done();
    },
  };
}

function createPlainLines(stream: NodeJS.WriteStream): Progress {
  const written = new Map<DemoStage, string>();
  return {
    show: (stage, state) => {
      const text =
        `${state.done ? 'done' : '... '} ${demoStages[stage]}  ${describe(state)}`.trimEnd();
      if (written.get(stage) === text) return;
      written.set(stage, text);
      stream.write(`${text}\n`);
    },
    end: () => {},
  };
}

function describe({ count, total, detail = '' }: StageState): string {
  if (count === undefined || total === undefined || total === 0) return detail;
  const filled = Math.round((Math.min(count, total) / total) * BAR_WIDTH);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
  return `${bar} ${count}/${total} ${detail}`.trimEnd();
}

/** Japanese characters take two columns of a terminal. */
function pad(text: string, width: number): string {
  const columns = [...text].reduce((sum, character) => sum + (character > '\u2e80' ? 2 : 1), 0);
  return text + ' '.repeat(Math.max(0, width - columns));
}
