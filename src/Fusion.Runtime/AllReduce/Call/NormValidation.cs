using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Validates the norm of a call.</summary>
internal static class NormValidation
{
    private const string Gamma = "Norm.Gamma";
    private const string Beta = "Norm.Beta";

    /// <summary>Throws if a norm or one of its tensors is wrong.</summary>
    /// <param name="norm">The norm.</param>
    /// <param name="tensors">Check of its tensors.</param>
    /// <param name="type">Type of the operation.</param>
    /// <param name="hidden">Number of elements of a token.</param>
    public static void Check(in Normalization norm, TensorCheck tensors, ElementType type, int hidden)
    {
        if (norm.Kind is < NormKind.None or > NormKind.Layer)
            throw CallErrors.Argument("Norm.Kind", norm.Kind.ToString(), $"a value of {nameof(NormKind)}");
        if (norm.Kind == NormKind.None)
        {
            if (norm.Gamma is not null) throw CallErrors.Argument(Gamma, "given without a norm", "null where Norm.Kind is None");
            if (norm.Beta is not null) throw CallErrors.Argument(Beta, "given without a norm", "null where Norm.Kind is None");
            return;
        }

        if (norm.Gamma is not { } gamma) throw CallErrors.Argument(Gamma, "null", $"the weights of the norm, {hidden} elements");
        tensors.Vector(Gamma, gamma, type, hidden, "a column");
        if (norm.Beta is { } beta)
        {
            if (norm.Kind != NormKind.Layer) throw CallErrors.Argument(Beta, $"given for {norm.Kind}", "null but for LayerNorm");
            tensors.Vector(Beta, beta, type, hidden, "a column");
        }

        if (!(norm.Epsilon >= 0 && float.IsFinite(norm.Epsilon)))
            throw CallErrors.Argument("Norm.Epsilon", Text(norm.Epsilon), "a finite number, 0 or greater");
        if (!float.IsFinite(norm.WeightBias))
            throw CallErrors.Argument("Norm.WeightBias", Text(norm.WeightBias), "a finite number, mostly 0 or 1");
    }

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);
}
