import { render, useInput, useWindowSize } from 'ink';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { ModelStore } from './model-store.ts';
import type { ScrollMove } from './scroll.ts';
import { scrollModel } from './scroll.ts';
import { logRows, WatchView } from './watch-view.tsx';

export interface ScreenOptions {
  store: ModelStore;
  /** Ctrl-C or q. */
  onDetach(): void;
}

/** Binds the view to the model, the keys, the terminal's size and the clock. */
export function WatchScreen({ store, onDetach }: ScreenOptions) {
  const model = useSyncExternalStore(store.subscribe, store.get);
  const size = useWindowSize();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  useInput((input, key) => {
    if (input === 'q' || (key.ctrl && input === 'c')) {
      onDetach();
      return;
    }
    const moves: readonly (readonly [boolean, ScrollMove])[] = [
      [key.upArrow, 'up'],
      [key.downArrow, 'down'],
      [key.pageUp, 'pageUp'],
      [key.pageDown, 'pageDown'],
      [key.home, 'start'],
      [key.end, 'end'],
    ];
    const move = moves.find(([pressed]) => pressed)?.[1];
    if (move !== undefined) store.change((before) => scrollModel(before, move, logRows(before, size)));
  });
  return <WatchView model={model} size={size} now={now} />;
}

/**
 * Opens the screen on the terminal's second page, so that closing it gives back what was there before. The returned
 * function closes it and waits until the terminal is as it was.
 */
export function openWatchScreen(options: ScreenOptions): () => Promise<void> {
  const screen = render(<WatchScreen {...options} />, {
    exitOnCtrlC: false,
    alternateScreen: true,
    incrementalRendering: true,
    interactive: true,
  });
  return async () => {
    screen.unmount();
    await screen.waitUntilExit();
  };
}
