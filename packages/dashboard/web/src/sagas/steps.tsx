import type { SagaStepView, SagaView } from "../../../src/api/index.ts";
import { duration } from "../format.ts";
import { Badge, Empty, Json } from "../parts/text.tsx";
import { STEP_MOODS } from "./state.ts";

/** The steps in their order, each with the time it took and what it was given and gave. */
export function Steps({ saga }: { saga: SagaView }) {
  const steps = saga.steps;
  if (steps.length === 0) return <Empty title="It has not taken a step yet" />;
  const from = Date.parse(saga.startedAt);
  const times = steps.flatMap((step) => [step.startedAt, step.endedAt, step.undoAt]);
  const to = Math.max(from + 1, ...times.map((time) => (time === null ? 0 : Date.parse(time))));
  return (
    <section class="card">
      <header>
        <h2>Steps</h2>
        <span class="faint">{duration(to - from)} in all</span>
      </header>
      <ol class="steps">
        {steps.map((step, index) => (
          <Step key={`${index} ${step.name}`} step={step} from={from} to={to} />
        ))}
      </ol>
    </section>
  );
}

function Step({ step, from, to }: { step: SagaStepView; from: number; to: number }) {
  const began = Date.parse(step.startedAt);
  const ended = step.endedAt === null ? to : Date.parse(step.endedAt);
  const percent = (at: number) => ((at - from) / (to - from)) * 100;
  return (
    <li>
      <details>
        <summary class="step" data-state={step.state}>
          <span class="step-name">
            <strong>{step.name}</strong>{" "}
            <span class="faint">{step.member.startsWith("$") ? step.member.slice(1) : step.member}</span>
          </span>
          <Badge mood={STEP_MOODS[step.state]}>{step.state}</Badge>
          <span class="step-area">
            <span
              class="step-bar"
              data-mood={STEP_MOODS[step.state]}
              style={{ left: `${percent(began)}%`, width: `${percent(ended) - percent(began)}%` }}
            />
            {step.undoAt !== null && (
              <span
                class="step-undo"
                title="undone"
                style={{ left: `${percent(Date.parse(step.undoAt))}%` }}
              />
            )}
          </span>
          <span class="num">{step.endedAt === null ? "" : duration(ended - began)}</span>
        </summary>
        <div class="step-more">
          {step.error && (
            <p class="bad">
              {step.error.code}: {step.error.message}
            </p>
          )}
          <div>
            <h3>Input</h3>
            <Json value={step.input} />
          </div>
          <div>
            <h3>Output</h3>
            <Json value={step.output} />
          </div>
        </div>
      </details>
    </li>
  );
}
