namespace Fusion.Runtime.Tests.Devices;

public sealed class UseGates
{
    [Test]
    public void CloseWhenTheLastUserIsOut()
    {
        var gate = new UseGate();
        Assert.That(gate.TryEnter() && gate.TryEnter(), "two users");
        var closing = Task.Run(() => gate.Close(TimeSpan.FromMinutes(1)));
        Assert.That(() => Entered(gate), Is.False.After(10_000, 1), "nobody else comes in once it is being closed");

        gate.Leave();
        Assert.That(closing.Wait(50), Is.False, "one user is inside");
        gate.Leave();

        Assert.That(closing.Result);
    }

    [Test]
    public void SayWhenUsersStayAndCloseLater()
    {
        var gate = new UseGate();
        _ = gate.TryEnter();

        Assert.That(gate.Close(TimeSpan.FromMilliseconds(1)), Is.False);
        gate.Leave();

        Assert.That(gate.Close(TimeSpan.Zero));
        Assert.That(gate.TryEnter(), Is.False);
    }

    private static bool Entered(UseGate gate)
    {
        if (!gate.TryEnter()) return false;
        gate.Leave();
        return true;
    }
}
