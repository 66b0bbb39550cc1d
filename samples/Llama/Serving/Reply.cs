using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Llama.Serving.Scheduling;

namespace Llama.Serving;

/// <summary>A client's side of a sequence: the tokens that were made and not read yet.</summary>
/// <param name="sequence">The sequence.</param>
internal sealed class Reply(Sequence sequence)
{
    // No more tokens than the request asks for, so that a client who reads slowly holds nobody up.
    private readonly Channel<int> tokens = Channel.CreateUnbounded<int>(new() { SingleReader = true, SingleWriter = false });
    private CancellationTokenRegistration cancellation;

    /// <summary>The sequence.</summary>
    public Sequence Sequence { get; } = sequence;

    /// <summary>Gives the client a token.</summary>
    public void Give(int token) => tokens.Writer.TryWrite(token);

    /// <summary>Ends the reply; an end that came before counts. Called under the server's lock, as <see cref="OnCancellation"/>.</summary>
    /// <param name="reason">What the client's loop throws behind the tokens; null if all were made.</param>
    public void End(Exception? reason)
    {
        tokens.Writer.TryComplete(reason);
        // Does not wait for a callback that runs, which may wait for the lock.
        cancellation.Unregister();
    }

    /// <summary>Calls an action when a token is cancelled, until the reply ends.</summary>
    public void OnCancellation(Action action, CancellationToken token) => cancellation = token.UnsafeRegister(_ => action(), null);

    /// <summary>Reads the tokens; the sequence is given up when the client stops reading.</summary>
    /// <param name="giveUp">Action that gives the sequence up, which may have ended.</param>
    /// <param name="cancellationToken">Token that ends the reading.</param>
    public async IAsyncEnumerable<int> ReadAsync(Action giveUp, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            await foreach (var token in tokens.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return token;
        }
        finally
        {
            giveUp();
        }
    }
}
