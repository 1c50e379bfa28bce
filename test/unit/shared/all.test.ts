import test from 'ava';
import { All } from '../../../gocli-ts/src/shared/all.ts';

class Door implements AsyncDisposable {
  static open = 0;
  constructor() {
    Door.open += 1;
  }
  [Symbol.asyncDispose](): Promise<void> {
    Door.open -= 1;
    return Promise.resolve();
  }
}

test.serial('all are opened side by side, used in order and closed together', async (t) => {
  {
    await using doors = await All.open([1, 2, 3], () => Promise.resolve(new Door()));
    t.is(Door.open, 3);
    t.deepEqual(await doors.each((_door, at) => Promise.resolve(at)), [0, 1, 2]);
  }
  t.is(Door.open, 0);
});

test.serial('when one cannot be opened, the others are closed again', async (t) => {
  const error = new Error('stuck');
  const opening = All.open([1, 2, 3], (at) =>
    at === 2 ? Promise.reject(error) : Promise.resolve(new Door()),
  );
  await t.throwsAsync(opening, { is: error });
  t.is(Door.open, 0);
});
