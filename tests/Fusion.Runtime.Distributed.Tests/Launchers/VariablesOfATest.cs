using Fusion.Runtime.Distributed.Launchers;

namespace Fusion.Runtime.Distributed.Tests.Launchers;

/// <summary>Reads variables that a test writes as <c>NAME=value NAME=value</c>; the last value of a name counts.</summary>
internal static class VariablesOfATest
{
    public static Rendezvous Read(string variables)
    {
        var values = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
            .GroupBy(pair => pair[0]).ToDictionary(pairs => pairs.Key, pairs => pairs.Last()[1]);
        return LauncherEnvironment.Read(name => values.GetValueOrDefault(name));
    }

    /// <summary>Expects that variables are refused, by an error that names the wrong one and has these words.</summary>
    public static void Refuse(string variables, string wrong, params string[] words)
    {
        var error = Assert.Throws<FusionArgumentException>(() => Read(variables))!;
        Assert.That((error.Code, error.ParamName), Is.EqualTo((RendezvousErrorCodes.Settings, wrong)), error.Message);
        foreach (var word in words) Assert.That(error.Message, Does.Contain(word));
    }
}
